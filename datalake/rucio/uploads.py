"""Bring a file into the lake: bytes first, whole and checked; only then does the catalogue hear of it."""

import tempfile
import uuid
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.core.cache import cache

from datalake.rucio.client import named, plain, speaking
from datalake.rucio.content import open_copy
from datalake.rucio.dids import get_did
from datalake.rucio.replicas import list_replicas
from datalake.rucio.rses import list_protocols
from datalake.rucio.types import Did
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

CHUNK = 1 << 20
SLOWEST = 256 * 1024  # bytes a second: what is slower than that is given up
PATIENCE = (2.0, 60.0)  # a storage may write to slow disks before it answers
UNFINISHED = ".rucio.upload"
PROTOCOLS_SECONDS = 600  # for so long is a storage that takes files over https believed to go on doing so


def upload_file(lake: Service, token: str, rse: str, scope: str, name: str, source: Path | IO[bytes] | bytes) -> Did:
    """Store and register a new file at `rse`. Again with the same bytes it changes nothing; other bytes of that name are refused."""
    named(lake, scope, name)
    plain(lake, rse)
    with _opened(source) as body:
        size, checksum = _measure(body)
        if _there(lake, token, rse, scope, name, size, checksum):
            return Did(scope, name, "FILE", bytes=size, adler32=checksum, length=1)
        pfn = _address(lake, token, rse, scope, name)
        _store(lake, token, pfn, body, size, checksum)
    entry = {"scope": scope, "name": name, "bytes": size, "adler32": checksum}
    with speaking(lake, token) as client:
        client.add_replicas(rse, [entry])
    return Did(scope, name, "FILE", bytes=size, adler32=checksum, length=1)


@contextmanager
def _opened(source: Path | IO[bytes] | bytes) -> Iterator[IO[bytes]]:
    """The source as a file that can be read twice; a pipe is written down first."""
    with ExitStack() as stack:
        if isinstance(source, Path):
            yield stack.enter_context(source.open("rb"))
        elif not isinstance(source, bytes) and source.seekable():
            source.seek(0)
            yield source
        else:
            copy = stack.enter_context(tempfile.TemporaryFile())
            if isinstance(source, bytes):
                copy.write(source)
            else:
                while block := source.read(CHUNK):
                    copy.write(block)
            copy.seek(0)
            yield copy


def _measure(body: IO[bytes]) -> tuple[int, str]:
    """Size and adler32, by which Rucio knows a file."""
    size, checksum = 0, 1
    while block := body.read(CHUNK):
        size, checksum = size + len(block), zlib.adler32(block, checksum)
    body.seek(0)
    return size, f"{checksum:08x}"


def _there(lake: Service, token: str, rse: str, scope: str, name: str, size: int, checksum: str) -> bool:
    """Whether the file is registered at `rse` already; refuses where the name stands for something else."""
    try:
        found = get_did(lake, token, scope, name)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return False
    if found.type != "FILE" or found.bytes != size or (found.adler32 or checksum) != checksum:
        raise RemoteRefused(f"There is something else called {found}.", service=lake, status=409, code="DataIdentifierAlreadyExists")
    return any(item.rse == rse and item.state == "AVAILABLE" for item in list_replicas(lake, token, scope, name, type="FILE"))


def _require_https_write(lake: Service, token: str, rse: str) -> None:
    """Raises RemoteRefused for a storage that takes no files over https: asked for an address there, Rucio says "internal error"."""
    key = f"lake-https-write:{lake.name}:{rse}"
    if cache.get(key):
        return
    if not any(item.scheme == "https" and item.writes for item in list_protocols(lake, token, rse)):
        raise RemoteRefused(
            f"{rse} does not accept uploads over https. Choose another storage element, or upload with the Rucio command line client.",
            service=lake,
            status=409,
            code="RSEProtocolNotSupported",
        )
    cache.set(key, True, PROTOCOLS_SECONDS)  # only a yes: operators may mend a no


def _address(lake: Service, token: str, rse: str, scope: str, name: str) -> str:
    """The https address at which the storage expects the file; raises RemoteRefused where it has none."""
    _require_https_write(lake, token, rse)
    with speaking(lake, token) as client:
        answer = client.lfns2pfns(rse, [f"{scope}:{name}"], operation="write", scheme="https")
        pfn = str(answer[f"{scope}:{name}"])
    parts = urlsplit(pfn)
    return urlunsplit(parts._replace(path=quote(unquote(parts.path), safe="/")))


def _store(lake: Service, token: str, pfn: str, body: IO[bytes], size: int, checksum: str) -> None:
    """Send under a name of its own, see that all of it came, then give it its name."""
    unfinished = f"{pfn}.{uuid.uuid4().hex}{UNFINISHED}"
    headers = {"Content-Type": "application/octet-stream"}
    put = http.request(
        lake, "PUT", unfinished, token=token, data=body if size else b"", headers=headers, timeout=PATIENCE, deadline=30 + size / SLOWEST
    )
    _expect(lake, put, 200, 201, 204)
    there = http.request(lake, "HEAD", unfinished, token=token)
    if there.headers.get("Content-Length") != str(size):
        _forget(lake, token, unfinished)
        raise RemoteUnavailable("The storage did not receive the whole file.", service=lake)
    moved = http.request(lake, "MOVE", unfinished, token=token, headers={"Destination": pfn, "Overwrite": "F"})
    if moved.status in (409, 412):
        # An earlier attempt came this far, and its answer was lost: then these are the same bytes.
        _forget(lake, token, unfinished)
        if _checksum(lake, token, pfn) != (size, checksum):
            raise RemoteRefused("The storage holds another file of that name.", service=lake, status=409)
        return
    _expect(lake, moved, 200, 201, 204)


def _expect(lake: Service, reply: http.Reply, *good: int) -> None:
    if reply.status not in good:
        raise RemoteRefused(f"The storage did not take the file (status {reply.status}).", service=lake, status=reply.status)


def _forget(lake: Service, token: str, unfinished: str) -> None:
    """Remove an unfinished upload; one that stays does no harm."""
    try:
        http.request(lake, "DELETE", unfinished, token=token)
    except RemoteUnavailable:
        return


def _checksum(lake: Service, token: str, pfn: str) -> tuple[int, str]:
    size, checksum = 0, 1
    with open_copy(lake, token, pfn) as stream:
        for block in stream.chunks(CHUNK):
            size, checksum = size + len(block), zlib.adler32(block, checksum)
    return size, f"{checksum:08x}"
