"""What people can follow: applications register what a topic is called, where its page is, and who may see it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vre_portal.iam.models import User

MAX_TOPIC = 900  # characters


@dataclass(frozen=True)
class TopicPage:
    """A thing that can be followed, as its page calls it."""

    title: str
    url: str


Pages = Callable[[User, Sequence[str]], Mapping[str, TopicPage]]


@dataclass(frozen=True)
class TopicKind:
    """The things of one kind: what lists call one of them, its icon, and which of some values a person may see."""

    name: str
    label: Any
    icon: str
    pages: Pages


_kinds: dict[str, TopicKind] = {}


def register(name: str, *, label: Any, icon: str, pages: Pages) -> None:
    """An application says what can be followed as `name:value`; `pages` gives only what the person may see, for all values at once."""
    _kinds[name] = TopicKind(name, label, icon, pages)


def kind_of(topic: str) -> TopicKind | None:
    """The kind of a topic; None for what cannot be followed."""
    return _kinds.get(topic.partition(":")[0])


def pages_of(user: User, topics: Iterable[str]) -> dict[str, TopicPage]:
    """Those of some topics that the person may see now, with their pages; each application is asked once."""
    values: dict[str, list[str]] = {}
    for topic in topics:
        name, _, value = topic.partition(":")
        values.setdefault(name, []).append(value)
    return {
        f"{name}:{value}": page for name, its in values.items() if name in _kinds for value, page in _kinds[name].pages(user, its).items()
    }


def page_of(user: User, topic: str) -> TopicPage | None:
    """The page of a topic; None where there is no such thing, or none that the person may see."""
    return pages_of(user, [topic]).get(topic) if topic and len(topic) <= MAX_TOPIC else None
