"""Where the copies are: of one DID, and of all files of a collection."""

import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from datalake.rucio.client import open_client
from datalake.rucio.dids import get_did
from datalake.rucio.paging import first_rows
from datalake.rucio.types import COLLECTIONS, Did, Replica, parse_did, parse_int, parse_time
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import validate_did
from vre_portal.services import Service

MAX_REPLICAS = 500
REMOTE_SCHEMES = ("https", "davs", "root", "roots", "s3s")
FILES_PER_REQUEST = 1000  # Rucio answers it in about a second, well before a read's deadline
MAX_FILES = 200_000  # more are not listed: each name is remembered, so that none is there twice
TAPE = "TAPE"  # Rucio's word for the type of a storage element
UNSORTED = "random"  # without a sort Rucio asks a geographic database about every copy: 45 s for 10,000 files


@dataclass(frozen=True)
class FileCopies:
    """A file, and (storage element, address) of each good copy, those that a browser could open first; or why there is none.

    `on_tape` names the storage elements that are tape by what Rucio says of each address.
    """

    file: Did
    addresses: tuple[tuple[str, str], ...]
    missing: str = ""
    on_tape: frozenset[str] = frozenset()


class TooManyFiles(Exception):
    """The collection holds more files than a list of addresses takes."""


def list_replicas(lake: Service, token: str, scope: str, name: str, *, type: str | None = None) -> list[Replica]:
    """The copies of a DID, one for each storage element. `type` saves asking what the DID is."""
    validate_did(lake, scope, name)
    type = type or get_did(lake, token, scope, name).type
    with open_client(lake, token) as client:
        if type in COLLECTIONS:
            rows = first_rows(client.list_dataset_replicas(scope, name), MAX_REPLICAS)
            if not rows and type == "DATASET":  # no rule is about the dataset as a whole: its files may have copies all the same
                rows = first_rows(client.list_dataset_replicas(scope, name, deep=True), MAX_REPLICAS)
            return list(read_rows(rows, _collection_replica))
        rows = first_rows(client.list_replicas([{"scope": scope, "name": name}], all_states=True, sort=UNSORTED), 1)
        replicas = (replica for row in rows for replica in read_rows(_copies_of_file(row), partial(_file_replica, row)))
        return sorted(replicas, key=lambda replica: replica.rse)


def _collection_replica(row: dict[str, Any]) -> Replica:
    return Replica(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row["rse"]),
        state=str(row["state"]),
        bytes=parse_int(row.get("bytes")),
        length=parse_int(row.get("length")),
        available_bytes=parse_int(row.get("available_bytes")),
        available_length=parse_int(row.get("available_length")),
        created=parse_time(row.get("created_at")),
        updated=parse_time(row.get("updated_at")),
        accessed=parse_time(row.get("accessed_at")),
    )


def _copies_of_file(row: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Storage element, state and addresses of each copy of a file; raises KeyError or ValueError where the row is about none."""
    if not row["scope"] or not row["name"]:
        raise ValueError("a row without a name")
    addresses = row.get("rses") or {}
    states = row.get("states") or dict.fromkeys(addresses, "AVAILABLE")
    return [(rse, state, addresses.get(rse) or ()) for rse, state in states.items()]


def _file_replica(row: dict[str, Any], copy: tuple[str, Any, Any]) -> Replica:
    rse, state, addresses = copy
    return Replica(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(rse),
        state=str(state),
        bytes=parse_int(row.get("bytes")),
        pfns=tuple(str(pfn) for pfn in addresses),
        adler32=row.get("adler32"),
    )


def spool_file_names(lake: Service, token: str, scope: str, name: str, *, max_files: int = MAX_FILES) -> IO[str]:
    """The names of all files inside, in a file that goes away when it is closed; raises TooManyFiles.

    Rucio lists them all or none. Held in memory they would be the larger part of what the list of addresses needs.
    """
    validate_did(lake, scope, name)
    spool = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115 -- whoever reads it closes it
    try:
        with open_client(lake, token) as client:
            pairs = read_rows(client.list_files(scope, name), lambda row: (str(row["scope"]), str(row["name"])))
            for number, pair in enumerate(pairs):
                if number == max_files:
                    raise TooManyFiles
                spool.write(json.dumps(pair) + "\n")
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


def iter_file_copies(lake: Service, token: Callable[[], str], names: IO[str]) -> Iterator[FileCopies]:
    """File by file in the order of the names, never the whole list at once; a file without a copy says why it has none."""
    with names:
        for lines in batched(names, FILES_PER_REQUEST):
            files = [(scope, name) for scope, name in map(json.loads, lines)]
            with open_client(lake, token()) as client:
                rows = client.list_replicas([{"scope": scope, "name": name} for scope, name in files], sort=UNSORTED)
                copies = dict(read_rows(rows, lambda row: ((str(row["scope"]), str(row["name"])), _file_copies(row))))
            for file in files:
                yield copies.get(file) or FileCopies(Did(*file, "FILE"), (), missing=_("Rucio lists no readable copy of this file."))


def pairs_of(names: IO[str]) -> Iterator[tuple[str, str]]:
    """Scope and name of each file that `spool_file_names` wrote down."""
    for line in names:
        scope, name = json.loads(line)
        yield str(scope), str(name)


def list_copies(lake: Service, token: Callable[[], str], files: Iterable[tuple[str, str]]) -> Iterator[FileCopies]:
    """The same for files that are named here."""
    return iter_file_copies(lake, token, io.StringIO("".join(f"{json.dumps(pair)}\n" for pair in files)))


def _file_copies(row: dict[str, Any]) -> FileCopies:
    copies = [(str(rse), _escaped_address(str(pfn))) for rse, pfns in (row.get("rses") or {}).items() for pfn in pfns]
    usable = [copy for copy in copies if urlsplit(copy[1]).scheme in REMOTE_SCHEMES]
    usable.sort(key=lambda copy: (urlsplit(copy[1]).scheme != "https", copy))
    told = [facts for facts in (row.get("pfns") or {}).values() if isinstance(facts, dict)]
    on_tape = frozenset(str(facts.get("rse")) for facts in told if facts.get("type") == TAPE)
    return FileCopies(parse_did({**row, "type": "FILE"}), tuple(usable), on_tape=on_tape)


def _escaped_address(pfn: str) -> str:
    """An address that may stand in a document: Rucio does not escape what a name brings."""
    parts = urlsplit(pfn)
    scheme = "https" if parts.scheme == "davs" else parts.scheme
    return urlunsplit((scheme, parts.netloc, quote(unquote(parts.path), safe="/~:@!$&'()*+,;="), parts.query, ""))
