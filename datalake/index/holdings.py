"""What scopes hold, by type, format and experiment: counted with the index, added up for those scopes that a reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from datalake.index.models import IndexedScope
from datalake.index.query import TYPES, Condition, Query

MAX_SHOWN = 12  # of each kind
TYPE_WORDS = {"CONTAINER": "container", "DATASET": "dataset", "FILE": "file"}


@dataclass(frozen=True)
class Holding:
    """Some data that have one thing in common: how many, how large, how new, and the search that finds them."""

    label: str
    count: int
    bytes: int
    newest: datetime | None
    address: str


@dataclass(frozen=True)
class Amount:
    """How much some scopes hold: the figures of every page that says how much there is."""

    files: int = 0
    datasets: int = 0
    containers: int = 0
    bytes: int = 0
    newest: datetime | None = None  # when the newest of it was created

    @classmethod
    def of(cls, scopes: Iterable[IndexedScope]) -> "Amount":
        """What they hold together."""
        found = list(scopes)
        dates = [item.newest for item in added_up(found, "types") if item.newest is not None]
        return cls(
            files=sum(scope.files for scope in found),
            datasets=sum(scope.datasets for scope in found),
            containers=sum(scope.containers for scope in found),
            bytes=sum(int(scope.bytes) for scope in found),
            newest=max(dates, default=None),
        )


@dataclass(frozen=True)
class Sum:
    """The number, size and newest date of the data that have one thing in common."""

    name: str
    count: int = 0
    bytes: int = 0
    newest: datetime | None = None

    def held(self, label: str, query: Query) -> Holding:
        """It as a page shows it."""
        return Holding(label, self.count, self.bytes, self.newest, query.address())


def added_up(scopes: Iterable[IndexedScope], part: str) -> list[Sum]:
    """Each part of this kind in all of the scopes, the most frequent first."""
    sums: dict[str, Sum] = {}
    for scope in scopes:
        for name, count, size, newest in scope.summary.get(part, ()):
            before, date = sums.get(name, Sum(name)), datetime.fromisoformat(newest)
            latest = date if before.newest is None else max(before.newest, date)
            sums[name] = Sum(name, before.count + count, before.bytes + size, latest)
    return sorted(sums.values(), key=lambda item: (-item.count, item.name))


def by_type(scopes: Iterable[IndexedScope], base: Query) -> list[Holding]:
    """Containers, datasets and files."""
    sums = {item.name: item for item in added_up(scopes, "types")}
    words = ((sums[name], word) for name, word in TYPE_WORDS.items() if name in sums)
    return [item.held(str(TYPES[word]), base.with_(type=word)) for item, word in words]


def by_format(scopes: Iterable[IndexedScope], base: Query) -> list[Holding]:
    """Files by the ending of their names."""
    parts = added_up(scopes, "formats")[:MAX_SHOWN]
    return [item.held(f".{item.name}", base.with_(type="file", pattern=f"*.{item.name}")) for item in parts]


def by_experiment(scopes: Iterable[IndexedScope], base: Query) -> list[Holding]:
    """Data by the experiment that their metadata name."""
    parts = added_up(scopes, "experiments")[:MAX_SHOWN]
    return [item.held(item.name, base.also(Condition("experiment", "eq", item.name))) for item in parts]
