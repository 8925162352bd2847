"""Storage elements with what is known of them, as it was recorded last; nothing is asked of a Data Lake."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.sites.models import Look, Sample, StorageAccess
from projects.onboarding.matching.answers import Dataset
from vre_portal.pages import SharedValue
from vre_portal.services import ServiceKind, services
from vre_portal.text import size

MAX_NAMED = 3
RECENT = timedelta(days=1)  # an older record says nothing about the room of today


@dataclass(frozen=True)
class Room:
    """What is known of one storage element."""

    lake: str
    rse: str
    free: int | None  # None where the storage does not report its size
    at: datetime
    access: StorageAccess | None

    @property
    def protocols(self) -> list[str]:
        names = self.access.protocols if self.access is not None else []
        return [str(name) for name in names] if isinstance(names, list) else []

    @property
    def is_writable(self) -> bool:
        return self.access is None or self.access.writable

    @property
    def is_recent(self) -> bool:
        return timezone.now() - self.at < RECENT


@dataclass(frozen=True)
class Rooms:
    """All that is known of storage elements."""

    known: Sequence[Room]  # those with the most room first
    is_awaited: bool  # whether a lake has not answered yet
    is_failing: bool  # and has failed to more than once


def _rooms() -> Rooms:
    """All storage elements of the configured lakes."""
    lakes = [lake.name for lake in services(ServiceKind.RUCIO)]
    latest = Sample.objects.filter(lake__in=lakes).order_by("lake", "rse", "-at").distinct("lake", "rse")
    access = {(row.lake, row.rse): row for row in StorageAccess.objects.filter(lake__in=lakes)}
    found = [
        Room(row.lake, row.rse, None if row.total is None else max(row.total - row.used, 0), row.at, access.get((row.lake, row.rse)))
        for row in latest
    ]
    looks = {look.lake: look for look in Look.objects.filter(lake__in=lakes, what="sample")}
    recorded = {room.lake for room in found} | {look.lake for look in looks.values() if look.done_at is not None}
    awaited = [lake for lake in lakes if lake not in recorded]
    return Rooms(
        sorted(found, key=lambda room: (-(room.free or 0), room.rse)),
        bool(awaited),
        any(looks[lake].failures > 1 for lake in awaited if lake in looks),
    )


rooms = SharedValue(_rooms, "lake_sites")


def takes(room: Room, dataset: Dataset) -> bool:
    """Whether nothing is known against it, but for its space."""
    is_possible = room.is_recent and room.is_writable
    return is_possible and (not dataset.protocol or not room.protocols or dataset.protocol in room.protocols)


def fits(room: Room, dataset: Dataset) -> bool:
    """Whether a dataset can be kept there: there is space for it, and nothing is known against it."""
    return bool(dataset.bytes_needed) and room.free is not None and room.free >= dataset.bytes_needed and takes(room, dataset)


def is_certain(room: Room, dataset: Dataset) -> bool:
    """Whether it is recorded that it takes data, by the protocol that is wanted."""
    return room.access is not None and (bool(room.protocols) or not dataset.protocol)


def fitting(dataset: Dataset, known: Sequence[Room]) -> list[Room]:
    """Where a dataset can be kept: first where that is certain, then by space."""
    return sorted((room for room in known if fits(room, dataset)), key=lambda room: not is_certain(room, dataset))


def is_unknown(dataset: Dataset, all_rooms: Rooms) -> bool:
    """Whether it may fit somewhere, of which not enough is known."""
    return not dataset.bytes_needed or all_rooms.is_awaited or any(room.free is None and takes(room, dataset) for room in all_rooms.known)


def why_not(dataset: Dataset, all_rooms: Rooms) -> Iterator[str]:
    """Why it fits nowhere."""
    known = all_rooms.known
    if all_rooms.is_failing:
        yield _("The space at some storage sites could not be looked up yet. The portal tries again by itself.")
    elif all_rooms.is_awaited:
        yield _("The space at storage sites is being looked up. Open this page again in a few minutes.")
    if all_rooms.is_awaited and not known:
        return
    current = [room for room in known if room.is_recent and room.is_writable]
    if not known:
        yield _("The portal has no records of the space at storage sites.")
    elif not current:
        yield _("The space at storage sites was not recorded within the last day.")
    elif sized := [room for room in current if room.free is not None]:
        best = sized[0]
        free = {"rse": best.rse, "free": size(best.free or 0), "need": size(dataset.bytes_needed)}
        if (best.free or 0) < dataset.bytes_needed:
            yield _("No site has enough space: needs %(need)s, and the most is %(free)s at %(rse)s.") % free
        else:
            yield _("No site with enough space offers the protocol %(protocol)s.") % {"protocol": dataset.protocol}
    for name in [room.rse for room in current if room.free is None and takes(room, dataset)][:MAX_NAMED]:
        yield _("%(rse)s does not report how much space it has.") % {"rse": name}
