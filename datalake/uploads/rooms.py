"""Whether files fit where they are to go: asked before they are sent, and said in words where they do not."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from datalake import rucio
from datalake.memory import recall, remember
from datalake.reading import Reading
from datalake.uploads.models import Upload
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.text import size as words

SECONDS = 20  # that an answer is believed; before anything is refused for it, the lake is asked anew
WAIT = 2.2  # seconds that the lake has for it


@dataclass(frozen=True)
class Fit:
    """So many bytes at a storage element, and what is known of the room there; None where the lake did not say."""

    rse: str
    bytes: int
    room: rucio.Room | None
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


def problem(room: rucio.Room, count: int, under_way: int = 0, *, limits_only: bool = False) -> str:
    """Why so many bytes cannot come to the storage element, in words. Rucio wants more to be left than comes."""
    if not (room.writable or limits_only):
        return f"Writing to {room.rse} is switched off just now."
    left = None if room.left is None else max(room.left - under_way, 0)
    if left is not None and count >= left:
        where = f"all of {room.bound.expression} together, {room.rse} among them" if room.bound.expression else room.rse
        if not room.bound.limit:
            return f"You may keep nothing at {where}: no space is granted to you there."
        waiting = f" once your unfinished uploads ({words(under_way)}) are there" if under_way else ""
        if not left:
            return f"The {words(room.bound.limit)} that you may keep at {where} are used up{waiting}."
        return f"{words(count)} do not fit: of the {words(room.bound.limit)} that you may keep at {where}, {words(left)} are left{waiting}."
    if room.free is not None and not limits_only and count > max(room.free - under_way, 0):
        return f"{words(count)} do not fit: {room.rse} has {words(max(room.free - under_way, 0))} free."
    return ""


def advice(lake: Service) -> str:
    """What to do where something does not fit."""
    support = lake.options.get("support")
    return (
        "Choose another storage element, delete rules that you no longer need, or ask the lake's operators for more"
        f"{f' ({support})' if support else ''}."
    )


def under_way(user: User, lake: Service, rse: str) -> int:
    """Bytes that the person has begun to send there and the lake does not count yet."""
    mine = Upload.objects.filter(by=user, lake=lake.name, rse=rse, state__in=Upload.OPEN)
    return int(mine.aggregate(bytes=Sum("size"))["bytes"] or 0)


def look(user: User, lake: Service, rses: list[str], *, fresh: bool = False) -> dict[str, rucio.Room | None]:
    """The room at each of them; one that the lake does not tell in time is None, for as long as any other answer is believed."""
    found = {rse: None if fresh else _recalled(user, lake, rse) for rse in rses}
    missing = [rse for rse, known in found.items() if known is None]
    if missing:
        reading = Reading(user, lake, purpose="see how much room there is", seconds=WAIT)
        asked = {rse: reading.quietly(rucio.room, rse) for rse in missing}
        for rse, question in asked.items():
            answer = question.answer
            found[rse] = (answer.value if answer.error is None else None,)
            remember(_key(user, lake, rse), found[rse])
    return {rse: known[0] if known else None for rse, known in found.items()}


def _key(user: User, lake: Service, rse: str) -> str:
    return f"lake-room:{lake.name}:{user.pk}:{rse}"


def _recalled(user: User, lake: Service, rse: str) -> tuple[rucio.Room | None] | None:
    since, known = recall(_key(user, lake, rse)) or (None, None)
    return known if since is not None and (timezone.now() - since).total_seconds() < SECONDS else None


def fits(user: User, lake: Service, rses: list[str], count: int, *, fresh: bool = False) -> list[Fit]:
    """So many bytes at each of the storage elements."""
    rooms = look(user, lake, rses, fresh=fresh)
    return [Fit(rse, count, rooms[rse], under_way(user, lake, rse)) for rse in rses]


def fit(user: User, lake: Service, rse: str, count: int) -> Fit:
    """So many bytes at one of them; a no is never given from memory."""
    (found,) = fits(user, lake, [rse], count)
    return fits(user, lake, [rse], count, fresh=True)[0] if found.problem else found
