"""The storage elements that people choose from: the space of each, why it has none, and its mark on the map."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from datalake.rucio import AccountUsage, Rse
from datalake.sites import map as drawing
from datalake.sites.map import Map, MapMarker, Spot
from datalake.sites.projection import EUROPE, FRAMES
from vre_portal.services import Service
from vre_portal.text import size

BESIDE = (720, 460, 14.0)  # pixels that the map has beside the list of names, and the height of its letters


@dataclass(frozen=True)
class Choice:
    """A storage element that may be chosen, or may not and why."""

    rse: Rse
    usage: AccountUsage | None = None  # None where it is not known
    chosen: bool = False
    meant: bool = False  # by the expression, which counts instead of what is chosen
    mark: MapMarker | None = None  # None where no place is known, or it lies outside the map

    @property
    def free(self) -> int | None:
        """The free bytes of the storage; None where it does not report them."""
        return None if self.rse.total is None or self.rse.used is None else max(self.rse.total - self.rse.used, 0)

    @property
    def trouble(self) -> str:
        """Why this person cannot write there now; empty where they can."""
        if not self.rse.writable:
            return _("writing is disabled")
        if self.usage is not None and self.usage.left == 0:
            return _("your quota is used up") if self.usage.limit else _("you have no quota here")
        return _("storage is full") if self.free == 0 else ""

    @property
    def state(self) -> str:
        """open; full, where the data need an approval; off, where writing is disabled."""
        return "off" if not self.rse.writable else "full" if self.trouble else "open"

    @property
    def words(self) -> str:
        """Its trouble or the quota that is left, and the free space."""
        parts = []
        if self.trouble:
            parts = [self.trouble, _("needs approval")] if self.state == "full" else [self.trouble]
        elif self.usage is not None and self.usage.left is None:
            parts = [_("no quota limit")]
        elif self.usage is not None:
            values = {"left": size(self.usage.left or 0), "limit": size(self.usage.limit or 0)}
            parts = [_("%(left)s of %(limit)s quota left") % values]
        if self.free is not None and self.state != "off":
            parts.append(_("%(size)s free") % {"size": size(self.free)})
        return ", ".join(parts)


def choices(
    lake: Service, rses: dict[str, Rse], usage: Iterable[AccountUsage] | None, chosen: Iterable[str], meant: Iterable[str]
) -> tuple[list[Choice], Map]:
    """All storage elements by name, each with its mark, and the map that they are drawn on."""
    usage_by_rse = None if usage is None else {item.rse: item for item in usage}
    picked, described = set(chosen), set(meant)
    spots = [Spot(rse.name, "", rse.latitude, rse.longitude, "", rse.total or rse.used) for rse in rses.values()]
    picture = drawing.draw(spots, FRAMES.get(str(lake.options.get("map") or ""), EUROPE), BESIDE)
    marks = {mark.spot.name: mark for mark in picture.marks}
    all_choices = [
        Choice(
            rse,
            None if usage_by_rse is None else usage_by_rse.get(name, AccountUsage(name, limit=0)),
            name in picked and rse.writable,
            name in described,
            marks.get(name),
        )
        for name, rse in sorted(rses.items())
    ]
    return all_choices, picture
