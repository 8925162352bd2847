"""Whether a lake knows a person, as it said a short while ago."""

from datetime import datetime

from django.utils import timezone

from datalake.memory import recall, remember
from vre_portal.iam.models import User
from vre_portal.services import Service

BELIEVED_SECONDS = 300.0


def _key(user: User, lake: Service) -> str:
    return f"datalake:account:{user.pk}:{lake.name}"


def note(user: User, lake: Service, *, has_account: bool) -> None:
    """Keep what the lake has just said."""
    remember(_key(user, lake), has_account)


def last_known(user: User, lake: Service) -> tuple[datetime, bool] | None:
    """What it said last, within a day, and when."""
    known = recall(_key(user, lake))
    return (known[0], bool(known[1])) if known else None


def believed(user: User, lake: Service) -> bool | None:
    """What it said lately; None where it has to be asked."""
    known = last_known(user, lake)
    return known[1] if known and (timezone.now() - known[0]).total_seconds() < BELIEVED_SECONDS else None
