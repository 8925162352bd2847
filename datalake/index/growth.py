"""How much is in scopes, and how much of it is new, as the index has it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Sum

from datalake.index.models import IndexedScope, IndexEntry


@dataclass(frozen=True)
class ScopeGrowth:
    """The files of a scope, and those of them that were created since some time."""

    files: int
    bytes: int
    new_files: int
    new_bytes: int


def growth_of(lake: str, scopes: Collection[str], since: datetime) -> dict[str, ScopeGrowth]:
    """Each of the scopes that the index has; two questions for any number of them."""
    known = list(IndexedScope.objects.filter(lake=lake, name__in=scopes, gone=False).only("name", "files", "bytes")) if scopes else []
    if not known:
        return {}
    new_entries = IndexEntry.objects.filter(scope__in=known, type="FILE", created__gte=since).order_by()
    sums = {pk: (count, size) for pk, count, size in new_entries.values_list("scope").annotate(Count("pk"), Sum("bytes"))}
    growth = {}
    for scope in known:
        count, size = sums.get(scope.pk, (0, 0))
        growth[scope.name] = ScopeGrowth(scope.files, int(scope.bytes), count, size or 0)
    return growth
