"""Read the text files that a specification names, and nothing else of the machine: only below its folder, only files, only so much."""

import os
import stat
from pathlib import Path, PurePosixPath

from vre_portal.text import storable


class CannotRead(ValueError):
    """The file is not read; the words say which and why."""


def read_text(folder: Path, name: str, max_characters: int) -> str:
    """The text of a file below the folder. Raises CannotRead where it is elsewhere, is no plain file, is too large or is not text."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or storable(name) != name or "\\" in name:
        raise CannotRead(f"{storable(name)[:200]} is not a path below the specification's folder")
    try:
        real = (folder / path).resolve(strict=True)
        if not real.is_relative_to(folder.resolve(strict=True)):
            raise CannotRead(f"{name} leads out of the specification's folder")
        body = _bytes(real, name, max_characters)
    except FileNotFoundError:
        raise CannotRead(f"{name} does not exist beside the specification") from None
    except (OSError, RuntimeError) as error:
        raise CannotRead(f"{name} cannot be read: {getattr(error, 'strerror', None) or 'a link that leads to itself'}") from None
    try:
        found = body.decode()
    except UnicodeDecodeError:
        raise CannotRead(f"{name} is not a text file (UTF-8): put it into the Data Lake and name it there") from None
    if "\0" in found:
        raise CannotRead(f"{name} holds a NUL character: put it into the Data Lake and name it there")
    return found


def _bytes(path: Path, name: str, limit: int) -> bytes:
    """The bytes of a plain file; opened without waiting, for a pipe would wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CannotRead(f"{name} is not a plain file")
        body = handle.read(limit + 1)
    if len(body) > limit:
        raise CannotRead(f"{name} is too large: the files of one specification may have {limit:,} bytes together")
    return body
