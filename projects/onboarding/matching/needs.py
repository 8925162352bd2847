"""A need, what exists here for it, and the request that can be made where nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Match:
    """Something that exists and may serve: what, why, and what to do next."""

    title: str
    why: str
    url: str = ""
    next_text: str = ""
    next_url: str = ""
    state: str = ""  # of a service, as a state word
    is_by_name: bool = False  # it is called as the answer says
    audience: str = ""  # who may know of it, as a rule of the search; empty: everybody who reads the plan


@dataclass(frozen=True)
class Suggestion:
    """A request that can be sent for a need."""

    key: str  # the same for the same answers, whatever exists by then
    kinds: tuple[str, ...]  # of requests, the best first; a general one is used where the portal has none of them
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)  # values for the form of the kind


@dataclass(frozen=True)
class Need:
    """One need with its matches; `notes` say plainly what is known and what is not."""

    key: str
    step: str
    title: str
    matches: tuple[Match, ...] = ()
    notes: tuple[str, ...] = ()
    suggestion: Suggestion | None = None
    is_failed: bool = False  # the look itself failed: what exists is not known
    is_met: bool | None = None  # where matches alone do not say it

    @property
    def is_matched(self) -> bool:
        """Whether something exists here that serves."""
        return bool(self.matches) if self.is_met is None else self.is_met
