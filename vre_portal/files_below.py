"""Read files that a foreign text names, and nothing else of the machine: only below a folder, only plain files, only so much."""

import os
import stat
from pathlib import Path, PurePosixPath

from vre_portal.text import storable


class CannotRead(ValueError):
    """The file is not read; the words say which and why."""


def read_below(folder: Path, name: str, limit: int) -> bytes:
    """The bytes of a file below the folder. Raises CannotRead where it is elsewhere, is no plain file, or has more than `limit` bytes."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or storable(name) != name or "\\" in name:
        raise CannotRead(f"{storable(name)[:200]} is not a path below its folder")
    try:
        real = (folder / path).resolve(strict=True)
        if not real.is_relative_to(folder.resolve(strict=True)):
            raise CannotRead(f"{name} leads out of its folder")
        return _bytes(real, name, limit)
    except FileNotFoundError:
        raise CannotRead(f"{name} does not exist in its folder") from None
    except (OSError, RuntimeError) as error:
        raise CannotRead(f"{name} cannot be read: {getattr(error, 'strerror', None) or 'a link that leads to itself'}") from None


def _bytes(path: Path, name: str, limit: int) -> bytes:
    """The bytes of a plain file; opened without waiting, for a pipe would wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CannotRead(f"{name} is not a plain file")
        body = handle.read(limit + 1)
    if len(body) > limit:
        raise CannotRead(f"{name} has more than {limit:,} bytes")
    return body
