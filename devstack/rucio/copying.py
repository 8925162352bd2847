"""Copy one file between two storage elements through their protocols, and believe checksums only."""

import tempfile
import zlib
from pathlib import Path
from typing import Any

from rucio.common import exception

PART = ".rucio.upload"


class CopyFailed(Exception):
    """The copy was not made; the text says why, and becomes the rule's error."""


def adler32(path: Path) -> str:
    """The checksum that Rucio keeps, read in pieces."""
    value = 1
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            value = zlib.adler32(block, value)
    return f"{value:08x}"


def check(path: Path, size: int, checksum: str | None, where: str) -> None:
    """Raise unless the file is what the catalogue says."""
    actual = path.stat().st_size
    if actual != size:
        raise CopyFailed(f"{where}: {actual} bytes instead of {size}")
    if checksum and (found := adler32(path)) != checksum:
        raise CopyFailed(f"{where}: checksum {found} instead of {checksum}")


def fetch(protocol: Any, url: str, target: Path, where: str) -> None:
    """Get the source's bytes."""
    try:
        protocol.connect()
        protocol.get(url, str(target))
    except exception.SourceNotFound:
        raise CopyFailed(f"Source file is lost: {where}") from None
    except (exception.RucioException, OSError) as error:
        raise CopyFailed(f"Source {where} cannot be read: {error}") from None


def store(protocol: Any, source: Path, url: str, where: str) -> None:
    """Put the bytes under a name of their own, then give them the name that others read."""
    try:
        protocol.connect()
        for name in (url, url + PART):
            if protocol.exists(name):
                protocol.delete(name)
        protocol.put(str(source), url + PART)
        protocol.rename(url + PART, url)
    except (exception.RucioException, OSError) as error:
        raise CopyFailed(f"Destination {where} cannot be written: {error}") from None


def copy(transfer: Any, source: Any, workspace: Path) -> None:
    """Source to destination by way of this machine: read, check, write, read back, check again."""
    request = transfer.rws
    from_url, to_url = transfer.source_url(source), transfer.dest_url
    label = f"{request.scope.external}:{request.name}"
    from_where, to_where = f"{label} at {source.rse.name}", f"{label} at {transfer.dst.rse.name}"
    with tempfile.TemporaryDirectory(dir=workspace) as folder:
        first, second = Path(folder, "source"), Path(folder, "copy")
        fetch(transfer.source_protocol(source), from_url, first, from_where)
        check(first, request.byte_count, request.adler32, from_where)
        destination = transfer.dest_protocol()
        store(destination, first, to_url, to_where)
        fetch(destination, to_url, second, to_where)
        check(second, request.byte_count, request.adler32, to_where)
