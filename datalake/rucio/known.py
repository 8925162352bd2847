"""Which names of a scope are taken, and how much room an account has: asked before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched

from datalake.rucio.client import named, page, plain, speaking
from datalake.rucio.types import Did, did, whole
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

BATCH = 200
MANY = 1000


@dataclass(frozen=True)
class Room:
    """What an account may still keep at a storage element; None where nothing limits it."""

    rse: str
    used: int
    limit: int | None
    left: int | None


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
                found |= {str(row["name"]): did(row) for row in rows}
        except RemoteRefused as error:
            if error.status != 404:  # nothing of all that is there
                raise
    return found


def room(lake: Service, token: str, account: str, rse: str) -> Room:
    """How much the account has at the storage element, and how much it may have."""
    plain(lake, account, rse)
    with speaking(lake, token) as client:
        rows = [row for row in page(iter(client.get_local_account_usage(account, rse)), 0, MANY) if str(row["rse"]) == rse]
        if not rows:
            return Room(rse, 0, 0, 0)
        row = rows[0]
        limit, left = whole(row.get("bytes_limit")), whole(row.get("bytes_remaining"))
        return Room(rse, int(row.get("bytes") or 0), limit, left)
