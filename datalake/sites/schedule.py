"""When each lake is looked at: at once where it never was, then once in each period, and after a failure soon and then ever later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from datalake.sites.models import Look

FIRST_PAUSE = timedelta(minutes=1)
LONGEST = timedelta(minutes=10)  # that one look may take; after that another worker takes it for lost


def begin(lake: str, what: str) -> Look | None:
    """Take over a look that is due; None where it is not, or where another worker has it in hand."""
    now = timezone.now()
    look, _ = Look.objects.get_or_create(lake=lake, what=what, defaults={"due_at": now})
    if look.due_at > now:
        return None
    # It counts as failed until it is done: one that is killed is repeated as one that failed.
    claim = {"due_at": now + LONGEST, "failures": look.failures + 1}
    if not Look.objects.filter(pk=look.pk, due_at=look.due_at).update(**claim):
        return None
    look.due_at, look.failures = claim["due_at"], claim["failures"]  # type: ignore[assignment]
    return look


@contextmanager
def running(look: Look) -> Iterator[None]:
    """Do the look inside: what it raises is passed on, and the next one is set."""
    try:
        yield
    except BaseException:
        pause = min(FIRST_PAUSE * 2 ** min(look.failures - 1, 10), _period())
        _save(look, due_at=timezone.now() + pause)
        raise
    _save(look, due_at=next_period(timezone.now()), done_at=timezone.now(), failures=0)


def _save(look: Look, **values: object) -> None:
    """Unless another worker took it over meanwhile."""
    Look.objects.filter(pk=look.pk, due_at=look.due_at).update(**values)


def next_period(now: datetime) -> datetime:
    """The beginning of the next period, such as the full hour: then no hour is passed over."""
    seconds = _period().total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, UTC)


def _period() -> timedelta:
    return timedelta(seconds=max(settings.LAKE_SITES_SECONDS, 1.0))
