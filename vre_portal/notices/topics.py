"""What people can follow: the things of the portal whose kind says so."""

from collections.abc import Iterable

from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.things import MAX_THING as MAX_TOPIC
from vre_portal.things import ThingKind, ThingPage

__all__ = ["MAX_TOPIC", "kind_of", "page_of", "pages_of"]


def kind_of(topic: str) -> ThingKind | None:
    """The kind of a topic; None for what cannot be followed."""
    kind = things.kind_of(topic)
    return kind if kind and kind.can_be_followed else None


def pages_of(user: User, topics: Iterable[str]) -> dict[str, ThingPage]:
    """Those of some topics that the person may see now, with their pages."""
    return things.pages_of(user, filter(kind_of, topics))


def page_of(user: User, topic: str) -> ThingPage | None:
    """The page of a topic; None where there is no such thing, or none that the person may see."""
    return pages_of(user, [topic]).get(topic)
