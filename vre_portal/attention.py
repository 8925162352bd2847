"""What waits for a person, over all applications: each registers a function that lists it from the portal's own rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.sources import Sources

FAILED = "failed"  # the kind of the item that says that something is missing


@dataclass(frozen=True)
class AttentionItem:
    """One thing that waits for a person, with the page where they can act."""

    title: str
    url: str
    detail: str = ""
    since: datetime | None = None
    icon: str = ""
    kind: str = ""


_sources = Sources[[User], AttentionItem]("attention")


def register(source: Callable[[User], Iterable[AttentionItem]]) -> None:
    """Let an application say what waits for a person; the function asks no remote service."""
    _sources.register(source)


def items(user: User) -> list[AttentionItem]:
    """All that waits for the person, the newest first; the last item says where a part could not be read."""
    waiting, failures = _sources.collect(user)
    ordered = sorted(waiting, key=lambda item: item.since or datetime.min.replace(tzinfo=UTC), reverse=True)
    if not failures:
        return ordered
    words = _("Part of this list could not be read, because of an internal error of the portal.")
    return [*ordered, AttentionItem(words, "", icon="triangle-alert", kind=FAILED)]
