"""Change what a collection holds. Each may be done again after an answer was lost."""

from collections.abc import Sequence

from datalake.rucio.client import MOST, named, page, speaking
from datalake.rucio.dids import get_did
from datalake.rucio.unreadable import each
from datalake.rucio.writing import unless
from vre_portal.http import RemoteRefused
from vre_portal.services import Service


def add_collection(lake: Service, token: str, scope: str, name: str, type: str) -> bool:
    """A new dataset or container; False where there is one of that type and name already. Refuses where it is something else."""
    named(lake, scope, name)
    with unless("DataIdentifierAlreadyExists"), speaking(lake, token) as client:
        (client.add_container if type == "CONTAINER" else client.add_dataset)(scope, name)
        return True
    found = get_did(lake, token, scope, name)
    if found.type != type:
        raise RemoteRefused(f"{found} is a {found.type.lower()} already.", service=lake, status=409, code="DataIdentifierAlreadyExists")
    return False


def inside(lake: Service, token: str, scope: str, name: str) -> set[tuple[str, str]]:
    """What is directly in a collection; of each row only these two words are read."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        return set(each(page(client.list_content(scope, name), 0, MOST), lambda row: (str(row["scope"]), str(row["name"]))))


def attach_one(lake: Service, token: str, scope: str, name: str, child: tuple[str, str]) -> bool:
    """Put one DID in; False where it is in it."""
    with unless("DuplicateContent", "FileAlreadyExists"), speaking(lake, token) as client:
        client.attach_dids(scope, name, [{"scope": child[0], "name": child[1]}])
        return True
    return False


def attach_some(lake: Service, token: str, scope: str, name: str, children: Sequence[tuple[str, str]]) -> None:
    """Put several in at once; Rucio takes all or none."""
    with speaking(lake, token) as client:
        client.attach_dids(scope, name, [{"scope": child_scope, "name": child} for child_scope, child in children])


def detach_some(lake: Service, token: str, scope: str, name: str, children: Sequence[tuple[str, str]]) -> None:
    """Take several out at once; Rucio takes all or none."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        client.detach_dids(scope, name, [{"scope": child_scope, "name": child} for child_scope, child in children])
