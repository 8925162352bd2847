"""All files of a collection with the addresses of their copies, as Rucio sends them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from datalake.rucio.client import MOST, named, speaking
from datalake.rucio.types import Did, did
from vre_portal.services import Service

FROM_AFAR = ("https", "davs", "root", "roots", "s3s")


@dataclass(frozen=True)
class Copies:
    """A file, and (storage element, address) of each good copy, those that a browser could open first."""

    file: Did
    addresses: tuple[tuple[str, str], ...]


def each_copy(lake: Service, token: str, scope: str, name: str) -> Iterator[Copies]:
    """File by file, never the whole list at once; the order is Rucio's."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        # Without a sort Rucio asks a geographic database about every copy.
        for row in islice(client.list_replicas([{"scope": scope, "name": name}], sort="random"), MOST):
            found = [(str(rse), _whole(str(pfn))) for rse, pfns in (row.get("rses") or {}).items() for pfn in pfns]
            usable = [item for item in found if urlsplit(item[1]).scheme in FROM_AFAR]
            usable.sort(key=lambda item: (urlsplit(item[1]).scheme != "https", item))
            yield Copies(did({**row, "type": "FILE"}), tuple(usable))


def _whole(pfn: str) -> str:
    """An address that may stand in a document: Rucio does not escape what a name brings."""
    parts = urlsplit(pfn)
    scheme = "https" if parts.scheme == "davs" else parts.scheme
    return urlunsplit((scheme, parts.netloc, quote(unquote(parts.path), safe="/~:@!$&'()*+,;="), parts.query, ""))
