"""The storage elements of a lake and their free space as the portal noted them last: for forms, which ask no lake."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from datalake.sites.models import Sample, StorageAccess

RECENT = timedelta(days=2)  # an older figure says nothing of what is free now


@dataclass(frozen=True)
class RecordedStorage:
    """A storage element."""

    rse: str
    is_writable: bool
    free: int | None  # bytes; None where the storage does not tell


def recorded_storages(lake: str) -> list[RecordedStorage]:
    """All of a lake by name; none where the portal has no account of its own there, or has not noted any yet. Two queries."""
    samples = Sample.objects.filter(lake=lake, at__gt=timezone.now() - RECENT).order_by("rse", "-at").distinct("rse")
    free = {item.rse: max(item.total - item.used, 0) for item in samples if item.total is not None}
    rows = StorageAccess.objects.filter(lake=lake).order_by("rse")
    return [RecordedStorage(row.rse, row.writable, free.get(row.rse)) for row in rows]
