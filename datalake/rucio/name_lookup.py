"""Which names of a scope are taken: asked before anything is sent."""

from collections.abc import Iterable
from itertools import batched

from datalake.rucio.client import open_client
from datalake.rucio.paging import read_list
from datalake.rucio.types import Did, parse_did
from datalake.rucio.validation import validate_did
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

BATCH = 200  # names in one question


def find_existing(lake: Service, token: str, scope: str, names: Iterable[str]) -> dict[str, Did]:
    """Those of the names that stand for something already, with what they stand for."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        validate_did(lake, scope, name)
    existing: dict[str, Did] = {}
    for batch in batched(wanted, BATCH):
        try:
            with open_client(lake, token) as client:
                rows = client.get_metadata_bulk([{"scope": scope, "name": name} for name in batch])
                existing |= dict(read_list(rows, BATCH, lambda row: (str(row["name"]), parse_did(row))))
        except RemoteRefused as error:
            if error.status != 404:  # nothing of all that is there
                raise
    return existing
