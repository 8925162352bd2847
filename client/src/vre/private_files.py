"""Folders and files that only their owner may read, also where others may write around them."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vre.errors import NotPossible

NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
OWN_FOLDERS = "Set VRE_CACHE and VRE_CONFIG to folders of your own, or to ones that do not exist yet."


def private_folder(folder: Path, top: Path | None = None, *, is_secret: bool = False) -> Path:
    """The folder, made for its owner alone where it is missing; one for secrets is closed to others also where it was there.

    Raises NotPossible where that cannot be done, or where somebody else could change what is in it or in a folder between it and `top`.
    """
    top = top or folder
    levels = [level for level in (folder, *folder.parents) if level.is_relative_to(top)]
    with failures_told(folder):
        for level in reversed(levels):
            _make(level)
            require_own(level)
        if is_secret and os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    return folder


@contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Raise NotPossible, with the path, for what the file system refuses."""
    try:
        yield
    except OSError as error:
        raise NotPossible(
            f"{path} cannot be used: {error.strerror or error}.",
            "Set VRE_CACHE and VRE_CONFIG to folders that you can write to and that have free space.",
        ) from error


def _make(folder: Path) -> None:
    """The folder and those above it that are missing; `mkdir` would make those above for everybody."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def require_own(folder: Path) -> None:
    """Raise NotPossible where others can put files into it, or have put it there; OSError where it is missing."""
    facts = folder.lstat()
    if stat.S_ISLNK(facts.st_mode):
        raise NotPossible(f"{folder} is a link, so it is not used.", "Set VRE_CACHE or VRE_CONFIG to the folder that it leads to.")
    if os.name == "posix" and facts.st_uid != os.getuid():
        raise NotPossible(f"The folder {folder} belongs to another account, so it is not used.", OWN_FOLDERS)
    if os.name == "posix" and facts.st_mode & 0o022:
        raise NotPossible(f"Others can change what is in {folder}, so it is not used.", f"Run: chmod go-w {folder}")


def open_private(path: Path, mode: str) -> IO[Any]:
    """The file, opened for writing and made for its owner alone; never by a link to another. Raises OSError."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | NO_LINKS, 0o600))


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all: nobody ever reads half of it, and nobody else can. Raises NotPossible."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with failures_told(path):
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
