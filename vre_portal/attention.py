"""What waits for a person, over all features: each registers a source, and the dashboard shows what they give."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AttentionItem:
    """One thing that a person should look at."""

    title: str
    url: str
    detail: str = ""
    since: datetime | None = None
    icon: str = ""
    kind: str = ""


type AttentionSource = Callable[[User], Iterable[AttentionItem]]
_sources: list[AttentionSource] = []
FAILED = "failed"  # the kind of the line that stands for what a source could not say


def register(source: AttentionSource) -> None:
    """Let a feature name what waits for a person; registering again changes nothing."""
    if source not in _sources:
        _sources.append(source)


def items(user: User) -> list[AttentionItem]:
    """All that waits for the person, the newest first; a source that fails costs its own part, and a line says so."""
    collected: list[AttentionItem] = []
    failed = False
    for source in _sources:
        try:
            collected += list(source(user))
        except Exception:
            logger.exception("a source of what waits for a person failed: %s", getattr(source, "__module__", ""))
            failed = True
    collected.sort(key=lambda item: item.since.timestamp() if item.since else 0.0, reverse=True)
    if failed:
        title = _("Part of this list could not be loaded. Refresh the page to try again.")
        collected.append(AttentionItem(title, "", icon="triangle-alert", kind=FAILED))
    return collected
