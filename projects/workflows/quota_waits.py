"""A run whose person's quota at REANA is used up waits for room, for a while: it is tried again less and less often, and fails in the end."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.workflows.models import Run
from vre_portal.http import RemoteRefused
from vre_portal.jobs.fates import Refused

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0  # seconds
SHARE = 6  # the next attempt comes after a sixth of the time that it has waited
# What REANA says where a quota is used up, and where an upload would exceed it; there is no code for it.
REANA_PHRASES = ("quota exceeded", "exceed the disk quota limit")


def is_about_quota(error: RemoteRefused) -> bool:
    """Whether REANA refused because a quota is used up; other refusals may name quotas, too."""
    return error.status == 403 and any(phrase in str(error).lower() for phrase in REANA_PHRASES)


def used_up(run: Run) -> str:
    """The same for everybody who sees the run: what is used of a quota is for its person alone."""
    return _("A quota of %(person)s at REANA is used up.") % {"person": run.by}


def wait(run: Run, words: str) -> float:
    """Let the run wait for room; returns the pause until the next attempt. Raises Refused where it has waited for as long as it may."""
    since = run.quota_since or timezone.now()
    waited, longest = (timezone.now() - since).total_seconds(), float(settings.QUOTA_HOURS * 3600)
    if waited >= longest:
        raise Refused(_("%(reason)s The run waited %(hours)s h for room.") % {"reason": used_up(run), "hours": settings.QUOTA_HOURS})
    run.waits_for_quota(words, since)
    return max(min(max(waited / SHARE, FIRST_PAUSE), LONGEST_PAUSE, longest - waited), 1.0)


def end_of(run: Run) -> datetime | None:
    """Until when the run waits; None where it does not wait."""
    return run.quota_since + timedelta(hours=settings.QUOTA_HOURS) if run.quota_since and run.quota_note else None
