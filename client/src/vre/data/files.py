"""One file of a Data Lake on this machine: mounted, in the cache, or downloaded into it."""

import shutil
import time
import zlib
from pathlib import Path

from vre.answers import adler32_text
from vre.data import places
from vre.data.pieces import BrokenOff, Piecewise
from vre.data.remote import RemoteFile
from vre.display import size_text, visible
from vre.errors import ChecksumMismatch, DownloadFailed, NotPossible, PortalUnavailable
from vre.locks import file_lock
from vre.private_files import write_private
from vre.progress import Progress
from vre.transport import Transport

MAX_IDLE = 5  # attempts in a row that bring no byte
MAX_PAUSE = 30.0
MAX_WHOLE = 2  # times that a file is downloaded whole because its checksum was wrong
DIRECT_BYTES = 100 * 10**6  # from here on the portal is asked for a storage, so that the bytes do not go through it
BLOCK = 1024 * 1024
READ_ONLY = 0o400  # a change would change the file of every later program
SPARE_BYTES = 64 * 1024 * 1024


def local_path(transport: Transport, file: RemoteFile, progress: bool = True) -> Path:
    """The file on this machine; raises DownloadFailed, or what the portal says against it."""
    return places.mounted(file) or cached(transport, file, Progress(file.name, file.bytes, progress))


def cached(transport: Transport, file: RemoteFile, progress: Progress) -> Path:
    """The file in the cache, downloaded where it is missing; who comes second waits for the first and has it then."""
    target = places.cache_place(transport.base, file.lake, file.scope, file.name)
    folder = places.cache_folder(target.parent)
    with file_lock(folder / ".lock"), progress:
        if _is_whole(target, file):
            progress.update(target.stat().st_size)
            return target
        try:
            _download(transport, file, target, progress)
        except OSError as error:
            raise DownloadFailed(
                f"{visible(file.name)} cannot be stored in {folder}: {error.strerror or error}.",
                "Free some space, or set VRE_CACHE to another folder.",
            ) from error
    return target


def _is_whole(target: Path, file: RemoteFile) -> bool:
    """Whether it is here from an earlier time, with the size and checksum that are known; what is known by neither is downloaded again."""
    if not target.is_file() or file.bytes not in (None, target.stat().st_size):
        return False
    found = _checksum_kept(target)
    if file.adler32 is None:
        return found is not None or file.bytes is not None
    if found is None:  # its checksum was not known then
        found = adler32_of(target)
        write_private(_record(target), found)
    return found == file.adler32


def _record(target: Path) -> Path:
    """Where it stands which checksum the file had when it was compared with the lake's."""
    return target.with_name(".adler32")


def _checksum_kept(target: Path) -> str | None:
    try:
        return adler32_text(_record(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _download(transport: Transport, file: RemoteFile, target: Path, progress: Progress) -> None:
    part = target.with_name(".part")
    _require_space(part, file)
    for _ in range(MAX_WHOLE):
        expected, size = _fetch(transport, file, part, progress)
        found = adler32_of(part)
        if expected is None or found == expected:
            part.chmod(READ_ONLY)
            _record(target).unlink(missing_ok=True)
            part.replace(target)
            if expected is not None:
                write_private(_record(target), found)
            elif size is not None:
                progress.note(f"{visible(file.name)}: the lake knows no checksum, so only the size was checked.")
            else:
                progress.note(
                    f"{visible(file.name)}: the lake knows neither size nor checksum, so only the end of the transfer was checked."
                )
            return
        part.unlink()
        progress.restart()
    raise ChecksumMismatch(
        f"{visible(file.name)} arrived damaged: its Adler-32 is {found}, and not {expected}.",
        "Try again later. If it stays so, report a corrupt copy on the file's page in the portal.",
    )


def _fetch(transport: Transport, file: RemoteFile, part: Path, progress: Progress) -> tuple[str | None, int | None]:
    """Bring the part to its full size, going on where it broke off; the checksum that it has to have, and its size, where they are known."""
    idle, is_direct = 0, (file.bytes or 0) >= DIRECT_BYTES
    pieces = Piecewise(transport, file, part, progress)
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            return pieces.fetch(is_direct), pieces.total
        except (BrokenOff, PortalUnavailable) as error:
            cut = _cut_of(error, is_direct)
            is_direct = False
            has_grown = part.exists() and part.stat().st_size > before
            idle = 0 if has_grown else idle + 1
            if idle >= MAX_IDLE:
                raise DownloadFailed(
                    f"{visible(file.name)} broke off: {cut}.", "What has arrived is kept. Call .path() again to continue."
                ) from cut
            time.sleep(cut.pause or min(0.25 * 2**idle, MAX_PAUSE))


def _cut_of(error: BrokenOff | PortalUnavailable, is_direct: bool) -> BrokenOff:
    """What broke off; whatever keeps this machine from a storage, such as its certificate, does not keep it from the portal."""
    if isinstance(error, BrokenOff):
        return error
    if not is_direct:
        raise error
    return BrokenOff(error.message)


def _require_space(part: Path, file: RemoteFile) -> None:
    missing = (file.bytes or 0) - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(part.parent).free
    if missing > 0 and missing + SPARE_BYTES > free:
        raise NotPossible(
            f"{visible(file.name)} needs {size_text(missing)}, and {part.parent} has {size_text(free)} free.",
            "Free some space, or set VRE_CACHE to a folder on a larger disk.",
        )


def adler32_of(path: Path) -> str:
    """The Adler-32 of a file as eight hexadecimal digits."""
    checksum = 1
    with path.open("rb") as content:
        while block := content.read(BLOCK):
            checksum = zlib.adler32(block, checksum)
    return f"{checksum:08x}"
