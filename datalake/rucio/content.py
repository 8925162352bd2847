"""The bytes of a file, streamed from a copy that can be reached over https."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import inf
from urllib.parse import urlsplit

from datalake.rucio.replicas import list_replicas
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

WEB = ("https://", "davs://")


class StorageAway(RemoteUnavailable):
    """A storage does not give its copy: its lake may be well."""


def readable(lake: Service, token: str, scope: str, name: str, far: Mapping[str, float] | None = None) -> list[str]:
    """The https addresses of a file's good copies; where distances are told, the nearest first and the unknown last."""
    copies = [item for item in list_replicas(lake, token, scope, name, type="FILE") if item.state == "AVAILABLE"]
    copies.sort(key=lambda item: (far or {}).get(item.rse, inf))
    found = [pfn for item in copies for pfn in item.pfns if pfn.startswith(WEB)]
    return ["https" + pfn.removeprefix("davs") if pfn.startswith("davs") else pfn for pfn in found]


@contextmanager
def open_copy(lake: Service, token: str, pfn: str, *, first: int = 0, last: int | None = None) -> Iterator[http.Stream]:
    """One copy's bytes from `first` to `last`, both included; the person's own token opens the storage."""
    whole = first == 0 and last is None
    headers = {} if whole else {"Range": f"bytes={first}-{'' if last is None else last}"}
    headers["Accept-Encoding"] = "identity"  # a checksum and a range count the bytes that are stored
    storage = replace(lake, title=f"The storage {urlsplit(pfn).netloc}")
    with ExitStack() as stack:
        try:
            body = stack.enter_context(http.stream(storage, "GET", pfn, token=token, headers=headers))
        except RemoteUnavailable as error:
            raise StorageAway(str(error), service=lake, retry_after=error.retry_after) from None
        if body.status in (404, 410):
            raise StorageAway("The storage does not have this copy just now.", service=lake)
        if body.status not in (200, 206):
            raise RemoteRefused("The storage refused to give this file.", service=lake, status=body.status)
        if not whole and body.status != 206:
            raise StorageAway("The storage cannot give a part of a file.", service=lake)
        yield body


@contextmanager
def open_file(lake: Service, token: str, scope: str, name: str, *, first: int = 0, last: int | None = None) -> Iterator[http.Stream]:
    """A file's bytes from the first copy that opens."""
    trouble: http.RemoteError = RemoteUnavailable(f"No copy of {name} can be read just now.", service=lake)
    with ExitStack() as stack:
        for pfn in readable(lake, token, scope, name):
            try:
                body = stack.enter_context(open_copy(lake, token, pfn, first=first, last=last))
            except http.RemoteError as error:
                trouble = error
            else:
                yield body
                return
        raise trouble
