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
REANA_WORD = "quota"  # in every refusal of REANA for a quota, which has no code of its own


def is_about_quota(error: RemoteRefused) -> bool:
    """Whether REANA refused for a quota: "User quota exceeded." with the limits."""
    return error.status == 403 and REANA_WORD in str(error).lower()


def wait(run: Run, words: str) -> float:
    """Let the run wait for room; returns the pause until the next attempt. Raises Refused where it has waited for as long as it may."""
    since = run.quota_since or timezone.now()
    waited, longest = (timezone.now() - since).total_seconds(), float(settings.QUOTA_HOURS * 3600)
    if waited >= longest:
        raise Refused(_("%(reason)s The run waited %(hours)s h for room.") % {"reason": words, "hours": settings.QUOTA_HOURS})
    run.waits_for_quota(words, since)
    return max(min(max(waited / SHARE, FIRST_PAUSE), LONGEST_PAUSE, longest - waited), 1.0)


def end_of(run: Run) -> datetime | None:
    """Until when the run waits; None where it does not wait."""
    return run.quota_since + timedelta(hours=settings.QUOTA_HOURS) if run.quota_since and run.quota_note else None
