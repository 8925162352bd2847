"""Whose webhooks there are: a project, or a person. Features register how an owner is found, and what it may be told."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class OwnerClosed(Exception):
    """The owner takes no changes now; the text says why."""


@dataclass(frozen=True)
class Owner:
    """An owner as it is now."""

    topic: str  # "project:5"
    subject: str  # of entries of the audit log
    url: str  # the page with its webhooks
    facts: Mapping[str, Any]  # what every message says of it
    is_open: bool  # whether anything is sent
    known_rules: Callable[[Iterable[str]], Collection[str]]  # those rules of audiences whose events may leave the portal for it now
    lock: Callable[[], None]  # in a transaction: nobody else changes its webhooks until that ends; raises OwnerClosed
    people: Callable[[], Iterable[int]] = field(default=lambda: ())  # who is told of trouble

    def may_know(self, rule: str) -> bool:
        """Whether an event with this audience may leave the portal for it at this moment."""
        return rule in self.known_rules([rule])


_finders: dict[str, Callable[[str], Owner | None]] = {}


def register(name: str, find: Callable[[str], Owner | None]) -> None:
    """Let topics of this name own webhooks; `find` gives the owner with a value, or None where it is gone."""
    _finders[name] = find


def owner_of(topic: str) -> Owner | None:
    """The owner with this topic; None where it is gone."""
    name, _, value = topic.partition(":")
    find = _finders.get(name)
    return find(value) if find else None


def can_own(topic: str) -> bool:
    """Whether a topic can have webhooks."""
    return topic.partition(":")[0] in _finders
