"""Which names of a scope are taken: asked before anything is sent."""

from collections.abc import Iterable
from itertools import batched

from datalake.rucio.client import named, page, speaking
from datalake.rucio.types import Did, did
from datalake.rucio.unreadable import each
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

BATCH = 200


def known(lake: Service, token: str, scope: str, names: Iterable[str]) -> dict[str, Did]:
    """Those of the names that stand for something already."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        named(lake, scope, name)
    found: dict[str, Did] = {}
    for some in batched(wanted, BATCH):
        try:
            with speaking(lake, token) as client:
                rows = page(client.get_metadata_bulk([{"scope": scope, "name": name} for name in some]), 0, BATCH)
                found |= dict(each(rows, lambda row: (str(row["name"]), did(row))))
        except RemoteRefused as error:
            if error.status != 404:  # nothing of all that is there
                raise
    return found
