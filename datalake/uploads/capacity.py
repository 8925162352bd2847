"""Whether there is quota and free space for files at a storage element: checked before they are sent, with texts for people."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.reads import read_cache
from datalake.reads.reader import LakeReader
from datalake.uploads.models import Upload
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.text import size as size_text

CACHE_SECONDS = 20  # that an answer is believed; before anything is refused for it, the lake is asked anew
TIMEOUT_SECONDS = 2.2  # seconds that the lake has for it


@dataclass(frozen=True)
class CapacityCheck:
    """So many bytes at a storage element, and what is known of the room there; None where the lake did not say."""

    rse: str
    bytes: int
    room: rucio.Quota | None
    under_way: int = 0  # bytes of the person's own uploads to it that are not in the lake yet

    @property
    def left(self) -> int | None:
        """What is left of the person's limit once all that is under way has come."""
        return None if self.room is None or self.room.left is None else max(self.room.left - self.under_way, 0)

    @property
    def free(self) -> int | None:
        return None if self.room is None or self.room.free is None else max(self.room.free - self.under_way, 0)

    @property
    def problem(self) -> str:
        """Why they do not fit, or nothing."""
        return problem(self.room, self.bytes, self.under_way) if self.room else ""

    @property
    def fits(self) -> bool | None:
        return None if self.room is None else not self.problem


def problem(room: rucio.Quota, count: int, under_way: int = 0, *, limits_only: bool = False) -> str:
    """Why so many bytes cannot be stored there, as a text for people; empty where they can. Rucio wants more quota left than is needed."""
    if not (room.writable or limits_only):
        return _("Writing to %(rse)s is currently disabled.") % {"rse": room.rse}
    left = None if room.left is None else max(room.left - under_way, 0)
    if left is not None and count >= left:
        return _quota_problem(room, count, left, under_way)
    free = None if room.free is None else max(room.free - under_way, 0)
    if free is not None and not limits_only and count > free:
        text = _("Not enough free space at %(rse)s: the upload needs %(size)s, %(free)s are free.")
        return text % {"rse": room.rse, "size": size_text(count), "free": size_text(free)}
    return ""


def _quota_problem(room: rucio.Quota, count: int, left: int, under_way: int) -> str:
    """Why the quota is not enough for so many bytes, as a text for people; `left` of it is left."""
    shared, limit = bool(room.limit.expression), room.limit.limit
    if not limit:
        text = _("You have no quota for %(expression)s, which includes %(rse)s.") if shared else _("You have no quota at %(rse)s.")
    elif not left:
        text = (
            _("Your quota of %(limit)s for %(expression)s, which includes %(rse)s, is used up.")
            if shared
            else _("Your quota of %(limit)s at %(rse)s is used up.")
        )
    elif shared:
        text = _(
            "Not enough quota for %(expression)s, which includes %(rse)s: the upload (%(size)s) must be smaller than the remaining "
            "quota (%(left)s of %(limit)s)."
        )
    else:
        text = _("Not enough quota at %(rse)s: the upload (%(size)s) must be smaller than the remaining quota (%(left)s of %(limit)s).")
    values = {"rse": room.rse, "expression": room.limit.expression, "size": size_text(count), "left": size_text(left)}
    reasons = [text % {**values, "limit": size_text(limit or 0)}]
    if limit and under_way:
        reasons.append(_("Your unfinished uploads (%(size)s) count as used.") % {"size": size_text(under_way)})
    return " ".join(reasons)


def advice(lake: Service) -> str:
    """What to do where something does not fit."""
    if support := lake.options.get("support"):
        text = _("Choose another storage element, delete rules that you no longer need, or ask the operators (%(support)s) for more quota.")
        return text % {"support": support}
    return _("Choose another storage element, delete rules that you no longer need, or ask the operators of the Data Lake for more quota.")


def under_way(user: User, lake: Service, rse: str) -> int:
    """Bytes that the person has begun to send there and the lake does not count yet."""
    mine = Upload.objects.filter(by=user, lake=lake.name, rse=rse, state__in=Upload.OPEN)
    return int(mine.aggregate(bytes=Sum("size"))["bytes"] or 0)


def rooms_at(user: User, lake: Service, rses: list[str], *, fresh: bool = False) -> dict[str, rucio.Quota | None]:
    """The room at each of them; one that the lake does not tell in time is None, for as long as any other answer is believed."""
    stored = {rse: None if fresh else _recalled(user, lake, rse) for rse in rses}
    missing = [rse for rse, quota in stored.items() if quota is None]
    if missing:
        reader = LakeReader(user, lake, purpose=_("check the available space"), seconds=TIMEOUT_SECONDS)
        reads = {rse: reader.fetch_optional(rucio.get_quota, rse) for rse in missing}
        for rse, read in reads.items():
            result = read.result
            stored[rse] = (result.value if result.error is None else None,)
            read_cache.store(_key(user, lake, rse), stored[rse])
    return {rse: quota[0] if quota else None for rse, quota in stored.items()}


def _key(user: User, lake: Service, rse: str) -> str:
    return f"lake-room:{lake.name}:{user.pk}:{rse}"


def _recalled(user: User, lake: Service, rse: str) -> tuple[rucio.Quota | None] | None:
    since, stored = read_cache.load(_key(user, lake, rse)) or (None, None)
    return stored if since is not None and (timezone.now() - since).total_seconds() < CACHE_SECONDS else None


def fits(user: User, lake: Service, rses: list[str], count: int, *, fresh: bool = False) -> list[CapacityCheck]:
    """So many bytes at each of the storage elements."""
    rooms = rooms_at(user, lake, rses, fresh=fresh)
    return [CapacityCheck(rse, count, rooms[rse], under_way(user, lake, rse)) for rse in rses]


def fit(user: User, lake: Service, rse: str, count: int) -> CapacityCheck:
    """So many bytes at one of them; a no is never given from memory."""
    (check,) = fits(user, lake, [rse], count)
    return fits(user, lake, [rse], count, fresh=True)[0] if check.problem else check
