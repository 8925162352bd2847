"""Upload a file: its contents are stored and checked first, and only then registered in Rucio."""

import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.core.cache import cache
from django.utils.translation import gettext as _

from datalake.rucio.client import open_client
from datalake.rucio.content import open_copy
from datalake.rucio.dids import get_did
from datalake.rucio.replicas import list_replicas
from datalake.rucio.rses import list_protocols
from datalake.rucio.types import Did
from datalake.rucio.validation import validate_did, validate_token
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

BLOCK_BYTES = 1 << 20
SLOWEST_BYTES_PER_SECOND = 256 * 1024  # what is slower than that is given up
STORE_TIMEOUT = (2.0, 60.0)  # seconds to connect and to answer: a storage may write to slow disks before
UNFINISHED_SUFFIX = ".rucio.upload"
PROTOCOLS_SECONDS = 600  # for so long is a storage that takes files over https believed to go on doing so


def upload_file(lake: Service, token: str, rse: str, scope: str, name: str, source: Path | IO[bytes] | bytes) -> Did:
    """Store and register a new file at `rse`. Again with the same bytes it changes nothing; other bytes of that name are refused."""
    validate_did(lake, scope, name)
    validate_token(lake, rse)
    with _opened(source) as body:
        size, checksum = _measure(iter(lambda: body.read(BLOCK_BYTES), b""))
        body.seek(0)
        if _is_registered(lake, token, rse, scope, name, size, checksum):
            return Did(scope, name, "FILE", bytes=size, adler32=checksum, length=1)
        pfn = _write_address(lake, token, rse, scope, name)
        _store(lake, token, pfn, body, size, checksum)
    entry = {"scope": scope, "name": name, "bytes": size, "adler32": checksum}
    with open_client(lake, token) as client:
        client.add_replicas(rse, [entry])
    return Did(scope, name, "FILE", bytes=size, adler32=checksum, length=1)


@contextmanager
def _opened(source: Path | IO[bytes] | bytes) -> Iterator[IO[bytes]]:
    """The source as a file that can be read twice; a pipe is first copied to a temporary file."""
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
                while block := source.read(BLOCK_BYTES):
                    copy.write(block)
            copy.seek(0)
            yield copy


def _measure(blocks: Iterable[bytes]) -> tuple[int, str]:
    """Size and adler32, by which Rucio knows a file."""
    size, checksum = 0, 1
    for block in blocks:
        size, checksum = size + len(block), zlib.adler32(block, checksum)
    return size, f"{checksum:08x}"


def _is_registered(lake: Service, token: str, rse: str, scope: str, name: str, size: int, checksum: str) -> bool:
    """Whether the file is registered at `rse` already; refuses where the name stands for something else."""
    try:
        did = get_did(lake, token, scope, name)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return False
    if did.type != "FILE" or did.bytes != size or (did.adler32 or checksum) != checksum:
        text = _("The name %(did)s is already in use for other data.") % {"did": did}
        raise RemoteRefused(text, service=lake, status=409, code="DataIdentifierAlreadyExists")
    return any(item.rse == rse and item.state == "AVAILABLE" for item in list_replicas(lake, token, scope, name, type="FILE"))


def _require_https_write(lake: Service, token: str, rse: str) -> None:
    """Raises RemoteRefused for a storage that takes no files over https: asked for an address there, Rucio says "internal error"."""
    key = f"lake-https-write:{lake.name}:{rse}"
    if cache.get(key):
        return
    if not any(item.scheme == "https" and item.writes for item in list_protocols(lake, token, rse)):
        text = _(
            "%(rse)s does not accept uploads over https. Choose another storage element, or upload with the Rucio command-line client."
        )
        raise RemoteRefused(text % {"rse": rse}, service=lake, status=409, code="RSEProtocolNotSupported")
    cache.set(key, True, PROTOCOLS_SECONDS)  # only a yes is kept: operators may add the protocol


def _write_address(lake: Service, token: str, rse: str, scope: str, name: str) -> str:
    """The https address at which the storage expects the file; raises RemoteRefused where it has none."""
    _require_https_write(lake, token, rse)
    with open_client(lake, token) as client:
        answer = client.lfns2pfns(rse, [f"{scope}:{name}"], operation="write", scheme="https")
        pfn = str(answer[f"{scope}:{name}"])
    parts = urlsplit(pfn)
    return urlunsplit(parts._replace(path=quote(unquote(parts.path), safe="/")))


def _store(lake: Service, token: str, pfn: str, body: IO[bytes], size: int, checksum: str) -> None:
    """Send the file under a temporary name, check its size, then rename it. Raises RemoteError."""
    unfinished = f"{pfn}.{uuid.uuid4().hex}{UNFINISHED_SUFFIX}"
    headers = {"Content-Type": "application/octet-stream"}
    put = http.request(
        lake,
        "PUT",
        unfinished,
        token=token,
        data=body if size else b"",
        headers=headers,
        timeout=STORE_TIMEOUT,
        deadline=30 + size / SLOWEST_BYTES_PER_SECOND,
    )
    _require_status(lake, put, 200, 201, 204)
    stored = http.request(lake, "HEAD", unfinished, token=token)
    if stored.headers.get("Content-Length") != str(size):
        _delete_unfinished(lake, token, unfinished)
        raise RemoteUnavailable(_("The storage did not receive the whole file."), service=lake)
    moved = http.request(lake, "MOVE", unfinished, token=token, headers={"Destination": pfn, "Overwrite": "F"})
    if moved.status in (409, 412):
        # An earlier attempt came this far, and its answer was lost: then these are the same bytes.
        _delete_unfinished(lake, token, unfinished)
        if _measure_stored(lake, token, pfn) != (size, checksum):
            raise RemoteRefused(_("The storage already has another file of this name."), service=lake, status=409)
        return
    _require_status(lake, moved, 200, 201, 204)


def _require_status(lake: Service, reply: http.Reply, *statuses: int) -> None:
    if reply.status not in statuses:
        text = _("The storage did not accept the file (status %(status)s).") % {"status": reply.status}
        raise RemoteRefused(text, service=lake, status=reply.status)


def _delete_unfinished(lake: Service, token: str, unfinished: str) -> None:
    """Remove an unfinished upload; one that stays does no harm."""
    try:
        http.request(lake, "DELETE", unfinished, token=token)
    except RemoteUnavailable:
        return


def _measure_stored(lake: Service, token: str, pfn: str) -> tuple[int, str]:
    """Size and adler32 of what the storage has there."""
    with open_copy(lake, token, pfn) as stream:
        return _measure(stream.chunks(BLOCK_BYTES))
