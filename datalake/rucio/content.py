"""The bytes of a file, streamed from a copy that can be reached over https."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import inf
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from datalake.rucio.replicas import list_replicas
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

WEB = ("https://", "davs://")


class StorageUnavailable(RemoteUnavailable):
    """A storage does not give its copy; its lake may work normally."""


def list_readable_urls(lake: Service, token: str, scope: str, name: str, distances: Mapping[str, float] | None = None) -> list[str]:
    """The https addresses of a file's good copies, by the distances of their storages where these are given; unknown ones last."""
    copies = [item for item in list_replicas(lake, token, scope, name, type="FILE") if item.state == "AVAILABLE"]
    copies.sort(key=lambda item: (distances or {}).get(item.rse, inf))
    return [as_https(pfn) for item in copies for pfn in item.pfns if pfn.startswith(WEB)]


def as_https(pfn: str) -> str:
    """A davs address as an https one; others as they are."""
    return "https" + pfn.removeprefix("davs") if pfn.startswith("davs") else pfn


@contextmanager
def open_copy(lake: Service, token: str, pfn: str, *, first: int = 0, last: int | None = None) -> Iterator[http.Stream]:
    """Yields one copy's bytes from `first` to `last`, both included. Raises StorageUnavailable or RemoteRefused."""
    is_whole = first == 0 and last is None
    headers = {} if is_whole else {"Range": f"bytes={first}-{'' if last is None else last}"}
    headers["Accept-Encoding"] = "identity"  # a checksum and a range count the bytes that are stored
    storage = replace(lake, title=_("The storage %(host)s") % {"host": urlsplit(pfn).netloc})
    with ExitStack() as stack:
        try:
            body = stack.enter_context(http.stream(storage, "GET", pfn, token=token, headers=headers))
        except RemoteUnavailable as error:
            raise StorageUnavailable(str(error), service=lake, retry_after=error.retry_after) from None
        if body.status in (404, 410):
            raise StorageUnavailable(_("The storage does not have this copy at the moment."), service=lake)
        if body.status not in (200, 206):
            raise RemoteRefused(_("The storage denied access to this file."), service=lake, status=body.status)
        if not is_whole and body.status != 206:
            raise StorageUnavailable(_("The storage cannot send a part of a file."), service=lake)
        yield body


@contextmanager
def open_file(lake: Service, token: str, scope: str, name: str, *, first: int = 0, last: int | None = None) -> Iterator[http.Stream]:
    """Yields a file's bytes from the first copy that opens; raises what the last copy raised where none does."""
    text = _("No copy of %(name)s can be read at the moment.") % {"name": name}
    last_error: http.RemoteError = RemoteUnavailable(text, service=lake)
    with ExitStack() as stack:
        for pfn in list_readable_urls(lake, token, scope, name):
            try:
                body = stack.enter_context(open_copy(lake, token, pfn, first=first, last=last))
            except http.RemoteError as error:
                last_error = error
            else:
                yield body
                return
        raise last_error
