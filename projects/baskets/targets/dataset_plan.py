"""What of a basket goes into one new dataset of one lake, near which compute it can lie, and what does not fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations import preflight
from datalake.operations.forms import MAX_DIDS
from datalake.operations.preflight import PreflightItem, PreflightSite
from datalake.reads.reader import LakeReader
from projects.baskets.targets.collected import Collected, Data, lake_title
from projects.baskets.targets.writing import LeftOut, left_out
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service, ServiceKind, services

COMPUTE = (ServiceKind.REANA, ServiceKind.JUPYTERHUB)


@dataclass(frozen=True)
class Plan:
    """The files and collections that go in, and why the others do not."""

    files: Sequence[Data]
    collections: Sequence[Data]
    left_out: Sequence[LeftOut]

    @property
    def data(self) -> list[Data]:
        """All that goes in."""
        return [*self.files, *self.collections]

    @property
    def bytes(self) -> int:
        """Together, as far as the sizes are known: data that are in two of them count twice."""
        return sum(row.facts.bytes or 0 for row in self.data if row.facts)

    @property
    def has_unknown_size(self) -> bool:
        """Whether some have no known size."""
        return any(row.facts is None or row.facts.bytes is None for row in self.data)

    @staticmethod
    def pairs(rows: Sequence[Data]) -> list[list[str]]:
        """As an operation takes them."""
        return [[row.did.scope, row.did.name] for row in rows]


def plan(collected: Collected, lake: Service) -> Plan:
    """Rucio takes files into a dataset, and into a container either datasets or containers."""
    rows = collected.data_by_lake.get(lake.name, [])
    here, beyond = rows[:MAX_DIDS], rows[MAX_DIDS:]
    of_type = {name: [row for row in here if row.type == name] for name in ("FILE", "DATASET", "CONTAINER")}
    unknown = [row for row in here if row.type not in of_type]
    files, datasets, containers = of_type.values()
    unmixed = containers if datasets else files if containers else []
    elsewhere = [row for row in collected.data if row.did.lake != lake.name]
    too_many = _("A request takes at most %(limit)s. Select these in the basket and make another dataset.") % {"limit": grouped(MAX_DIDS)}
    mixed = _("Rucio does not put these together with the others into one container. Select them in the basket and make another one.")
    reasons = [
        (collected.without_data, _("These are no data of a Data Lake.")),
        (
            [row.item for row in elsewhere],
            _("These are in another Data Lake. A dataset holds data of one; choose that lake for another one."),
        ),
        ([row.item for row in unknown], _("It is not known yet whether these are files or datasets. Try again later.")),
        ([row.item for row in unmixed], mixed),
        ([row.item for row in beyond], too_many),
    ]
    missing = [entry for items, words in reasons for entry in left_out(items, words)]
    return Plan([] if containers and not datasets else files, datasets or containers, missing)


@dataclass(frozen=True)
class Compute:
    """A service that computes, with the storage elements near it."""

    service: Service
    rses: tuple[str, ...]

    @property
    def expression(self) -> str:
        """As Rucio takes it."""
        return "|".join(self.rses)

    @property
    def label(self) -> str:
        """The service and the storage elements."""
        return f"{self.service.title} ({', '.join(self.rses)})"


def computes(known: Sequence[str]) -> list[Compute]:
    """Those that services.toml says something is near, of the lake's storage elements."""
    found = []
    for item in (item for kind in COMPUTE for item in services(kind)):
        near = item.options.get("near")
        rses = tuple(name for name in map(str, near if isinstance(near, list) else []) if name in known)
        if rses:
            found.append(Compute(item, rses))
    return found


def places_of(reader: LakeReader, expression: str, wanted: Plan, rses: dict[str, rucio.Rse]) -> list[PreflightSite]:
    """The storage elements that the expression names now, with what is known of space and quota; what is there already is not known."""
    targets = reader.fetch_optional(rucio.list_matching_rses, expression)
    usage = reader.fetch_optional(rucio.list_usage).result.value
    items = [PreflightItem(row.did.scope, row.did.name, _did(row)) for row in wanted.data]
    return preflight.check_sites(targets.result.value or (), rses, {item.rse: item for item in usage or ()}, items)


def _did(row: Data) -> rucio.Did:
    return rucio.Did(row.did.scope, row.did.name, row.type, bytes=row.facts.bytes if row.facts else None)


def other_lakes(collected: Collected, lake: Service) -> list[tuple[str, str]]:
    """Name and title of the other lakes that have data of the basket."""
    return [(name, lake_title(name)) for name in collected.data_by_lake if name != lake.name]
