"""The only folder in which a confined program can write: how much it holds there, and its end."""

import contextlib
import logging
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "vre-confined-"
MAX_FILES = 10_000
BLOCK = 512  # bytes, whatever the file system says
ORPHAN_SECONDS = 3600
logger = logging.getLogger(__name__)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards, whatever is in it then; what writes there has to have ended."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        yield path
    finally:
        remove(path)


def is_too_full(path: Path, limit: int) -> bool:
    """Whether there are more bytes or files in the folder, or something that cannot be looked at. Where it is in memory, all is hidden and limited."""
    size = files = 0
    folders = [path]
    while folders:
        try:
            for entry in folders.pop().iterdir():
                facts = entry.lstat()
                if stat.S_ISDIR(facts.st_mode):
                    folders.append(entry)
                size, files = size + facts.st_blocks * BLOCK, files + 1
                if size > limit or files > MAX_FILES:
                    return True
        except FileNotFoundError:  # the program has deleted it meanwhile
            continue
        except OSError:
            return True
    return False


def deleted_bytes(process: int) -> int:
    """The size of the files that the process has deleted and still has open; of a process with namespaces of its own nothing is seen."""
    size = 0
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{process}/fd").iterdir():
            facts = entry.stat()
            size += 0 if facts.st_nlink or not stat.S_ISREG(facts.st_mode) else facts.st_blocks * BLOCK
    return size


def remove(path: Path) -> None:
    """Remove a folder whose folders may be closed to their owner and nested deeper than a path can say: inner ones are moved to the top."""
    while folders := _emptied(path):
        for place in folders:
            for inner in _emptied(place):
                inner.chmod(0o700)  # or its owner could not move it
                inner.rename(path / secrets.token_hex())
            place.rmdir()
    path.rmdir()


def remove_orphans() -> None:
    """Remove the folders of portals that were killed in the middle."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            facts = path.lstat()
            if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and time.time() - facts.st_mtime > ORPHAN_SECONDS:
                remove(path)
        except OSError as error:
            logger.warning("%s could not be removed: %s", path, error)


def _emptied(path: Path) -> list[Path]:
    """The folders in a folder, when its files are deleted."""
    path.chmod(0o700)
    with os.scandir(path) as entries:
        found = {Path(entry.path): entry.is_dir(follow_symlinks=False) for entry in entries}
    for entry in (entry for entry, is_folder in found.items() if not is_folder):
        entry.unlink()
    return [entry for entry, is_folder in found.items() if is_folder]
