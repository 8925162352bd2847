"""The places of a wish as people choose them: what each has room for, why it has none, and where it is drawn on the map."""

from collections.abc import Iterable
from dataclasses import dataclass

from datalake import map as drawing
from datalake.map import Map, Mark, Spot
from datalake.projection import EUROPE, FRAMES
from datalake.rucio import Rse, Usage
from vre_portal.services import Service
from vre_portal.text import size

BESIDE = (720, 460, 14.0)  # pixels that the map has beside the list of names, and the height of its letters


@dataclass(frozen=True)
class Choice:
    """A storage element that may be chosen, or may not and why."""

    rse: Rse
    usage: Usage | None = None  # None where it is not known
    chosen: bool = False
    meant: bool = False  # by the expression, which counts instead of what is chosen
    mark: Mark | None = None  # None where no place is known, or it lies outside the map

    @property
    def free(self) -> int | None:
        """What the storage has left, where it tells."""
        return None if self.rse.total is None or self.rse.used is None else max(self.rse.total - self.rse.used, 0)

    @property
    def trouble(self) -> str:
        """Why it takes no data of this person now, or nothing."""
        if not self.rse.writable:
            return "writing is switched off"
        if self.usage is not None and self.usage.left == 0:
            return "your limit is used up" if self.usage.limit else "no space is granted to you"
        return "it is full" if self.free == 0 else ""

    @property
    def state(self) -> str:
        """open; full, where only an approval helps; off, where nothing does."""
        return "off" if not self.rse.writable else "full" if self.trouble else "open"

    @property
    def words(self) -> str:
        """Its trouble or one's limit, and what is free."""
        limit = ""
        if self.trouble:
            limit = f"{self.trouble}, only an approval helps" if self.state == "full" else self.trouble
        elif self.usage is not None:
            limit = "no limit" if self.usage.left is None else f"{size(self.usage.left)} of {size(self.usage.limit or 0)} left to you"
        free = "" if self.free is None or self.state == "off" else f"{size(self.free)} free there"
        return ", ".join(item for item in (limit, free) if item)


def choices(
    lake: Service, rses: dict[str, Rse], usage: Iterable[Usage] | None, chosen: Iterable[str], meant: Iterable[str]
) -> tuple[list[Choice], Map]:
    """All storage elements by name, each with its mark, and the map that they are drawn on."""
    known = None if usage is None else {item.rse: item for item in usage}
    picked, described = set(chosen), set(meant)
    spots = [Spot(rse.name, "", rse.latitude, rse.longitude, "", rse.total or rse.used) for rse in rses.values()]
    picture = drawing.draw(spots, FRAMES.get(str(lake.options.get("map") or ""), EUROPE), BESIDE)
    marks = {mark.spot.name: mark for mark in picture.marks}
    found = [
        Choice(
            rse,
            None if known is None else known.get(name, Usage(name, limit=0)),
            name in picked and rse.writable,
            name in described,
            marks.get(name),
        )
        for name, rse in sorted(rses.items())
    ]
    return found, picture
