"""Create collections, change their contents, close them. Each call can be repeated after a lost answer."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any

from django.utils.translation import gettext_lazy as _

from datalake.rucio.client import ignore_codes, open_client
from datalake.rucio.dids import get_did
from datalake.rucio.metadata import set_metadata
from datalake.rucio.paging import MAX_ROWS, read_list
from datalake.rucio.validation import validate_did
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

ATTACH_BATCH = 500  # DIDs in one request
ALREADY_INSIDE, CLOSED = ("DuplicateContent", "FileAlreadyExists"), "UnsupportedOperation"  # codes of refusals
NAME_IN_USE = {
    "FILE": _("%(did)s is already a file."),
    "DATASET": _("%(did)s is already a dataset."),
    "CONTAINER": _("%(did)s is already a container."),
}
Child = tuple[str, str]  # scope and name


def add_collection(lake: Service, token: str, scope: str, name: str, type: str, metadata: Mapping[str, Any] | None = None) -> bool:
    """Make a dataset or container and set its metadata; returns False where there is one of that type and name already.

    Raises RemoteRefused where the name stands for something else.
    """
    validate_did(lake, scope, name)
    is_new = False
    with ignore_codes("DataIdentifierAlreadyExists"), open_client(lake, token) as client:
        is_new = bool((client.add_container if type == "CONTAINER" else client.add_dataset)(scope, name))
    if not is_new:
        did = get_did(lake, token, scope, name)
        if did.type != type:
            text = str(NAME_IN_USE.get(did.type, NAME_IN_USE["FILE"])) % {"did": did}
            raise RemoteRefused(text, service=lake, status=409, code="DataIdentifierAlreadyExists")
    if metadata:
        set_metadata(lake, token, scope, name, metadata)
    return is_new


def list_children(lake: Service, token: str, scope: str, name: str) -> set[Child]:
    """What is directly in a collection; of each row only these two words are read."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        return set(read_list(client.list_content(scope, name), MAX_ROWS, lambda row: (str(row["scope"]), str(row["name"]))))


def attach(lake: Service, token: str, scope: str, name: str, children: Iterable[Child]) -> list[Child]:
    """Put DIDs into a collection; returns those that were not in it.

    Rucio takes all or none of up to 500 at once, and refuses those that are in it, and all for a closed collection: only then is read
    what it holds. Raises RemoteRefused, perhaps after some were put in.
    """
    validate_did(lake, scope, name)
    attached: list[Child] = []
    for batch in batched(dict.fromkeys(children), ATTACH_BATCH):
        try:
            with open_client(lake, token) as client:
                client.attach_dids(scope, name, _as_rucio(batch))
        except RemoteRefused as error:
            if len(batch) == 1 and error.code in ALREADY_INSIDE:
                continue
            present = list_children(lake, token, scope, name) if error.code in (*ALREADY_INSIDE, CLOSED) else set()
            if present.isdisjoint(batch):
                raise
            attached += attach(lake, token, scope, name, [child for child in batch if child not in present])
        else:
            attached += batch
    return attached


def detach(lake: Service, token: str, scope: str, name: str, children: Sequence[Child]) -> None:
    """Take DIDs out of a collection; Rucio takes all or none, and refuses where one of them is not in it."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        client.detach_dids(scope, name, _as_rucio(children))


def _as_rucio(children: Sequence[Child]) -> list[dict[str, str]]:
    return [{"scope": scope, "name": name} for scope, name in children]


def close_collection(lake: Service, token: str, scope: str, name: str) -> None:
    """Close a collection: nothing can be added to it any more, and it cannot be opened again."""
    if get_did(lake, token, scope, name).open is False:
        return
    with ignore_codes("UnsupportedStatus"), open_client(lake, token) as client:
        client.close(scope, name)
