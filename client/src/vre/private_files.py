"""Folders and files that only their owner may read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from vre.errors import NotPossible


def private_folder(folder: Path, *, is_secret: bool = False) -> Path:
    """The folder, made for its owner alone where it is missing; one for secrets is closed to others also where it was there.

    Raises NotPossible where that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_secret and os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise NotPossible(
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            "Set VRE_CACHE and VRE_CONFIG to folders that you can write to.",
        ) from error
    return folder


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all: nobody ever reads half of it, and nobody else can."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
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
