"""The items of a basket as its reader may see them now, with what the index of the lakes says of data among them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.utils.text import slugify

from datalake.index.did_facts import DidFacts, DidKey
from projects.baskets import presenting
from projects.baskets.models import BasketItem
from vre_portal.page_head import absolute
from vre_portal.services import ServiceKind, services
from vre_portal.text import plain
from vre_portal.things import Reader

DATA = "did"


@dataclass(frozen=True)
class CollectedItem:
    """An item that the reader may see."""

    kind: str
    value: str
    title: str
    url: str  # with the portal's name
    label: str
    note: str = ""
    facts: DidFacts | None = None  # of data that the index of the lakes has

    @property
    def thing(self) -> str:
        """As the registry of things has it."""
        return f"{self.kind}:{self.value}"

    @property
    def did(self) -> DidKey | None:
        """Lake, scope and name, where it is data of a lake."""
        parts = self.value.split(":", 2) if self.kind == DATA else []
        return DidKey(*parts) if len(parts) == len(DidKey._fields) else None


@dataclass(frozen=True)
class Data:
    """Data of a lake among the items; `facts` is None where the index does not have them."""

    item: CollectedItem
    did: DidKey
    facts: DidFacts | None

    @property
    def type(self) -> str:
        """FILE, DATASET, CONTAINER; empty where the index does not say."""
        return self.facts.type if self.facts else ""

    @property
    def is_missing(self) -> bool:
        """Whether the lake did not have them when all of its names were compared."""
        return bool(self.facts and self.facts.missing_at)

    @property
    def text(self) -> str:
        """As Rucio writes it."""
        return f"{self.did.scope}:{self.did.name}"


@dataclass(frozen=True)
class Collected:
    """A basket, or some items of it, for one reader. What they may not see has no name here: only how many it is."""

    name: str
    url: str
    reader: Reader
    items: Sequence[CollectedItem]
    hidden: int = 0
    unchecked: int = 0  # nobody has said yet whether the reader may see them
    number: int = 0  # of their own basket; 0 for another person's, for a visitor's, and where some items are chosen
    others: int = 0  # items of kinds that were not looked at

    @property
    def count(self) -> int:
        """All items that were meant and may be seen."""
        return len(self.items) + self.others

    @property
    def file_stem(self) -> str:
        """The basket's name as that of a file, without its extension."""
        return slugify(self.name)[:60].strip("-_") or "basket"

    @cached_property
    def data(self) -> list[Data]:
        """The data of lakes among the items, in the order of the basket."""
        return [Data(item, did, item.facts) for item in self.items if (did := item.did)]

    @cached_property
    def data_by_lake(self) -> Mapping[str, list[Data]]:
        """The same by the name of the lake, in the portal's order of lakes; a lake that it no longer has is left out."""
        order = {lake.name: number for number, lake in enumerate(services(ServiceKind.RUCIO))}
        rows = sorted((row for row in self.data if row.did.lake in order), key=lambda row: order[row.did.lake])
        return {lake: list(its) for lake, its in groupby(rows, key=lambda row: row.did.lake)}

    @property
    def without_data(self) -> list[CollectedItem]:
        """The items that are no data of a lake."""
        return [item for item in self.items if item.did is None]


def lake_title(lake: str) -> str:
    """What people call a lake."""
    return next((item.title for item in services(ServiceKind.RUCIO) if item.name == lake), lake)


def collect(
    items: Iterable[BasketItem], reader: Reader, *, name: str, url: str, number: int = 0, others: int = 0, with_notes: bool = False
) -> Collected:
    """Some items for a reader, each called as its own page calls it now. Notes are for who wrote them."""
    rows = presenting.rows_of(items, reader)
    shown = [
        CollectedItem(
            row.item.kind, row.item.value, plain(row.page.title), absolute(row.page.url), str(row.label),
            row.item.note if with_notes else "", row.page.known,
        )
        for row in rows if row.page
    ]  # fmt: skip
    unchecked = sum(row.is_unchecked for row in rows)
    return Collected(plain(name), absolute(url), reader, shown, len(rows) - len(shown) - unchecked, unchecked, number, others)
