"""What could not be indexed: stored with the reason, left out of later requests, and retried after growing pauses."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from datalake.index.models import IndexedScope, Problem, ScannedName
from vre_portal.text import plain

Part = Problem.Part
FIRST_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(minutes=5), timedelta(days=1)
MAX_TEXT_LENGTH = 500


def key_of(scope: str) -> str:
    """A scope's name as problems have it: any text, which may be longer than any scope's."""
    return plain(scope)[:MAX_TEXT_LENGTH]


def record(lake: str, scope: str, part: Part, reasons: Mapping[str, str]) -> None:
    """Write down why each of these names failed; one that failed before keeps its `since`, and its pause doubles."""
    now, scope = timezone.now(), key_of(scope)
    reasons = {name[:MAX_TEXT_LENGTH]: plain(reason)[:MAX_TEXT_LENGTH] for name, reason in reasons.items()}
    known = {item.name: item for item in Problem.objects.filter(lake=lake, scope=scope, part=part, name__in=reasons)}
    rows = []
    for name, reason in reasons.items():
        row = known.get(name) or Problem(lake=lake, scope=scope, part=part, name=name, tries=0, since=now)
        row.reason, row.failed_at, row.tries = reason, now, row.tries + 1
        row.retry_at = now + min(FIRST_RETRY_DELAY * 2 ** min(row.tries - 1, 12), MAX_RETRY_DELAY)
        rows.append(row)
    Problem.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["lake", "scope", "part", "name"],
        update_fields=["reason", "failed_at", "tries", "retry_at"],
    )


def clear(lake: str, scope: str, part: Part, names: Iterable[str] = ("",)) -> None:
    """Delete the problems of these names: they are indexed now, or deleted from the lake."""
    Problem.objects.filter(lake=lake, scope=scope, part=part, name__in=list(names)).delete()


def of(scope: IndexedScope, part: Part) -> QuerySet[Problem]:
    """The problems of one scope that are of one part."""
    return Problem.objects.filter(lake=scope.lake, scope=scope.name, part=part)


def due(scope: IndexedScope, part: Part, most: int) -> list[str]:
    """Names that are to be tried again now, the longest waiting first."""
    return list(of(scope, part).filter(retry_at__lte=timezone.now()).order_by("retry_at").values_list("name", flat=True)[:most])


def forget_unseen(scope: IndexedScope) -> None:
    """After a pass over all names: what it has not met is no longer in the lake."""
    seen = ScannedName.objects.filter(scope=scope).values("name")
    Problem.objects.filter(lake=scope.lake, scope=scope.name, failed_at__lt=scope.walk_began).exclude(part=Part.SCOPE).exclude(
        name__in=seen
    ).delete()
