"""Where the copies are."""

from functools import partial
from typing import Any

from datalake.rucio.client import named, page, speaking
from datalake.rucio.dids import get_did
from datalake.rucio.types import COLLECTIONS, Replica, moment, whole
from datalake.rucio.unreadable import each
from vre_portal.services import Service

MANY = 500


def list_replicas(lake: Service, token: str, scope: str, name: str, *, type: str | None = None) -> list[Replica]:
    """The copies of a DID, one for each storage element. `type` saves asking what the DID is."""
    named(lake, scope, name)
    kind = type or get_did(lake, token, scope, name).type
    with speaking(lake, token) as client:
        if kind in COLLECTIONS:
            found = page(client.list_dataset_replicas(scope, name), 0, MANY)
            if not found and kind == "DATASET":  # no rule is about the dataset as a whole: its files may have copies all the same
                found = page(client.list_dataset_replicas(scope, name, deep=True), 0, MANY)
            return list(each(found, _collection))
        # Without a sort Rucio asks a geographic database about every copy: 45 s for 10,000 files.
        rows = page(client.list_replicas([{"scope": scope, "name": name}], all_states=True, sort="random"), 0, 1)
        return sorted((copy for row in rows for copy in each(_file(row), partial(_copy, row))), key=lambda item: item.rse)


def _collection(row: dict[str, Any]) -> Replica:
    return Replica(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row["rse"]),
        state=str(row["state"]),
        bytes=whole(row.get("bytes")),
        length=whole(row.get("length")),
        available_bytes=whole(row.get("available_bytes")),
        available_length=whole(row.get("available_length")),
        created=moment(row.get("created_at")),
        updated=moment(row.get("updated_at")),
        accessed=moment(row.get("accessed_at")),
    )


def _file(row: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Storage element, state and addresses of each copy of a file; raises KeyError where the row is about none."""
    if not row["scope"] or not row["name"]:
        raise ValueError("a row without a name")
    addresses = row.get("rses") or {}
    states = row.get("states") or dict.fromkeys(addresses, "AVAILABLE")
    return [(rse, state, addresses.get(rse) or ()) for rse, state in states.items()]


def _copy(row: dict[str, Any], copy: tuple[str, Any, Any]) -> Replica:
    rse, state, addresses = copy
    return Replica(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(rse),
        state=str(state),
        bytes=whole(row.get("bytes")),
        pfns=tuple(str(pfn) for pfn in addresses),
        adler32=row.get("adler32"),
    )
