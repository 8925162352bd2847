"""Several files of a run in one zip that is made while it is sent: the portal's copies, and for the launching person those at REANA."""

import io
import logging
import time
import zipfile
from collections.abc import Generator, Iterator, Sequence

from datalake.files.archive_names import Names
from datalake.files.bundles import LARGE, IncompleteBundle, Pipe
from projects.workflows import copying
from projects.workflows.models import RunFile
from vre_portal.http import RemoteError
from vre_portal.services import Service

MAX_FILES = 2000
MAX_BYTES = 5 * 10**9
MANIFEST = "MANIFEST.tsv"
BLOCK = 256 * 1024
# What the list in a zip says of files that are not in it.
LEFT_OUT = {
    RunFile.State.COPIED: "not chosen",
    RunFile.State.WAITING: "being copied",
    RunFile.State.LEFT: "at REANA",
    RunFile.State.FAILED: "not copied",
    RunFile.State.MISSING: "not created",
    RunFile.State.DELETED: "deleted at REANA",
}
Access = tuple[Service, str]  # the server, and the token of the person who launched the run
logger = logging.getLogger(__name__)


def zipped(files: Sequence[RunFile], access: Access | None, left_out: Sequence[RunFile] = ()) -> Iterator[bytes]:
    """The files one after the other, then a list of what is there and what is not; `access` is for those that are at REANA.

    `left_out` are further ones that the list names.

    A file that cannot be read does not end the zip: it is named in the list, and after the last byte the connection breaks, so that the
    person who downloads is told that it is not complete.
    """
    names, pipe, manifest, missed = Names("", MANIFEST), Pipe(), io.BytesIO(), 0
    manifest.write(_line("state", "bytes", "path", "name"))
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in files:
            path = names.of_path(file.label)
            state = yield from _entry(file, path, archive, pipe, access)
            missed += state != "ok"
            manifest.write(_line(state, "" if file.size is None else str(file.size), path, file.label))
        for file in left_out:
            manifest.write(_line(LEFT_OUT[RunFile.State(file.state)], "" if file.size is None else str(file.size), "", file.label))
        archive.writestr(zipfile.ZipInfo(MANIFEST, time.gmtime()[:6]), manifest.getbuffer())
    yield pipe.take()
    if missed:
        raise IncompleteBundle(
            f"{missed} of the files could not be put into the zip; {MANIFEST} in it says which.", service=access[0] if access else None
        )


def _line(*cells: str) -> bytes:
    return ("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in cells) + "\n").encode()


def _entry(file: RunFile, path: str, archive: zipfile.ZipFile, pipe: Pipe, access: Access | None) -> Generator[bytes, None, str]:
    """Write one file; returns its state for the list."""
    body = _pieces(file, access)
    try:
        first = next(body, b"")
    except (RemoteError, OSError) as error:
        logger.info("file %s is missing in a zip: %s", file.pk, error)
        return "missing"
    info = zipfile.ZipInfo(path, time.gmtime()[:6])
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=(file.size if file.size is not None else LARGE) >= LARGE) as entry:
        try:
            entry.write(first)
            yield pipe.take()
            for piece in body:
                entry.write(piece)
                yield pipe.take()
        except (RemoteError, OSError) as error:
            logger.info("file %s broke off in a zip: %s", file.pk, error)
            return "broken off"
    yield pipe.take()
    return "ok"


def _pieces(file: RunFile, access: Access | None) -> Iterator[bytes]:
    if not file.is_copied:
        if access is not None:
            yield from copying.pieces(file, *access)
        return
    with file.file.open("rb") as content:
        yield from iter(lambda: content.read(BLOCK), b"")
