"""Whether a person has an account at a lake, as Rucio said a short while ago."""

from datetime import datetime

from django.utils import timezone

from datalake.reads import read_cache
from vre_portal.iam.models import User
from vre_portal.services import Service

RECENT_SECONDS = 300.0


def _key(user: User, lake: Service) -> str:
    return f"datalake:account:{user.pk}:{lake.name}"


def store(user: User, lake: Service, *, has_account: bool, name: str = "") -> None:
    """Store what the lake has just said, with the name of the account where it gave one."""
    read_cache.store(_key(user, lake), has_account)
    if name:
        read_cache.store(f"{_key(user, lake)}:name", name)


def name_of(user: User, lake: Service) -> str:
    """The name of the person's account at the lake, as it said within a day; empty where that is not known."""
    stored = read_cache.load(f"{_key(user, lake)}:name")
    return str(stored[1]) if stored else ""


def last_known(user: User, lake: Service) -> tuple[datetime, bool] | None:
    """What it said last, within a day, and when."""
    stored = read_cache.load(_key(user, lake))
    return (stored[0], bool(stored[1])) if stored else None


def recent_answer(user: User, lake: Service) -> bool | None:
    """What it said in the last minutes; None where it has to be asked."""
    last = last_known(user, lake)
    return last[1] if last and (timezone.now() - last[0]).total_seconds() < RECENT_SECONDS else None
