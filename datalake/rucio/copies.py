"""All files of a collection with the addresses of their copies, asked of Rucio some at a time."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from datalake.rucio.client import named, speaking
from datalake.rucio.types import Did, did
from datalake.rucio.unreadable import each
from vre_portal.services import Service

FROM_AFAR = ("https", "davs", "root", "roots", "s3s")
CHUNK = 1000  # files of one question: Rucio answers it in about a second, well before a read's deadline
MOST_NAMES = 200_000  # more files than this are not listed: each name is remembered, so that none is there twice


@dataclass(frozen=True)
class Copies:
    """A file, and (storage element, address) of each good copy, those that a browser could open first; or why there is none."""

    file: Did
    addresses: tuple[tuple[str, str], ...]
    missing: str = ""


class TooManyFiles(Exception):
    """The collection holds more files than a list of addresses takes."""


def names_in(lake: Service, token: str, scope: str, name: str, *, most: int = MOST_NAMES) -> IO[str]:
    """The names of all files inside, in a file that goes away when it is closed; raises TooManyFiles.

    Rucio lists them all or none. Held in memory they would be the larger part of what the list of addresses needs.
    """
    named(lake, scope, name)
    kept = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115 -- whoever reads it closes it
    try:
        with speaking(lake, token) as client:
            for number, pair in enumerate(each(client.list_files(scope, name), lambda row: (str(row["scope"]), str(row["name"])))):
                if number == most:
                    raise TooManyFiles
                kept.write(json.dumps(pair) + "\n")
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept


def each_copy(lake: Service, token: Callable[[], str], names: IO[str]) -> Iterator[Copies]:
    """File by file in the order of the names, never the whole list at once; a file without a copy says why it has none."""
    with names:
        for lines in batched(names, CHUNK):
            asked = [{"scope": scope, "name": name} for scope, name in map(json.loads, lines)]
            with speaking(lake, token()) as client:
                # Without a sort Rucio asks a geographic database about every copy.
                rows = client.list_replicas(asked, sort="random")
                found = dict(each(rows, lambda row: ((str(row["scope"]), str(row["name"])), _copies(row))))
            for item in asked:
                key = item["scope"], item["name"]
                yield found.get(key) or Copies(Did(*key, "FILE"), (), missing="Rucio lists no copy of it that can be read.")


def _copies(row: dict[str, Any]) -> Copies:
    found = [(str(rse), _whole(str(pfn))) for rse, pfns in (row.get("rses") or {}).items() for pfn in pfns]
    usable = [item for item in found if urlsplit(item[1]).scheme in FROM_AFAR]
    usable.sort(key=lambda item: (urlsplit(item[1]).scheme != "https", item))
    return Copies(did({**row, "type": "FILE"}), tuple(usable))


def _whole(pfn: str) -> str:
    """An address that may stand in a document: Rucio does not escape what a name brings."""
    parts = urlsplit(pfn)
    scheme = "https" if parts.scheme == "davs" else parts.scheme
    return urlunsplit((scheme, parts.netloc, quote(unquote(parts.path), safe="/~:@!$&'()*+,;="), parts.query, ""))
