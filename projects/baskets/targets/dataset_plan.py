"""What of a basket goes into one new dataset of one lake, and what does not fit."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from datalake.operations.forms import MAX_DIDS
from datalake.reads.scopes import is_as_closed
from projects.baskets.targets.collected import Collected, Data, lake_title
from projects.baskets.targets.writing import NOT_THERE, LeftOut, left_out
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service


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

    @property
    def digest(self) -> str:
        """What tells the same contents from others."""
        return hashlib.sha256(json.dumps([self.pairs(self.files), self.pairs(self.collections)]).encode()).hexdigest()[:16]

    @staticmethod
    def pairs(rows: Sequence[Data]) -> list[list[str]]:
        """As an operation takes them."""
        return [[row.did.scope, row.did.name] for row in rows]


def plan(collected: Collected, lake: Service, scope: str) -> Plan:
    """Rucio takes files into a dataset, and into a container either datasets or containers.

    A dataset in `scope` tells who may see that scope how much is in it: data that fewer may see stay out.
    """
    found = collected.data_by_lake.get(lake.name, [])
    allowed = {row.did.scope for row in found if not scope or is_as_closed(lake, scope, row.did.scope)}
    gone = [row for row in found if row.is_missing]
    closed = [row for row in found if not row.is_missing and row.did.scope not in allowed]
    rows = [row for row in found if not row.is_missing and row.did.scope in allowed]
    here, beyond = rows[:MAX_DIDS], rows[MAX_DIDS:]
    of_type = {name: [row for row in here if row.type == name] for name in ("FILE", "DATASET", "CONTAINER")}
    unknown = [row for row in here if row.type not in of_type]
    files, datasets, containers = of_type.values()
    unmixed = containers if datasets else files if containers else []
    elsewhere = [row for row in collected.data if row.did.lake != lake.name]
    too_many = _("A request takes at most %(limit)s. Select these in the basket and make another dataset.") % {"limit": grouped(MAX_DIDS)}
    mixed = _("Rucio does not put these together with the others into one container. Select them in the basket and make another one.")
    reasons = [
        (
            [row.item for row in elsewhere],
            _("These are in another Data Lake. A dataset holds data of one; choose that lake for another one."),
        ),
        ([row.item for row in unknown], _("It is not known yet whether these are files or datasets. Try again later.")),
        ([row.item for row in gone], NOT_THERE),
        ([row.item for row in closed], _("Fewer people may see these than the scope of the dataset. Choose another scope for them.")),
        ([row.item for row in unmixed], mixed),
        ([row.item for row in beyond], too_many),
    ]
    missing = [*others_left_out(collected), *(entry for items, words in reasons for entry in left_out(items, words))]
    return Plan([] if containers and not datasets else files, datasets or containers, missing)


def others_left_out(collected: Collected) -> list[LeftOut]:
    """The items that are no data; they were only counted."""
    return [LeftOut(_("These are no data of a Data Lake."), [], collected.others)] if collected.others else []


def other_lakes(collected: Collected, lake: Service) -> list[tuple[str, str]]:
    """Name and title of the other lakes that have data of the basket."""
    return [(name, lake_title(name)) for name in collected.data_by_lake if name != lake.name]
