"""How the storage says no, and the file that a path names."""

from pathlib import Path
from urllib.parse import unquote_to_bytes


class Refused(Exception):
    """The request is not let through."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


def inside(folder: Path, path: bytes) -> Path:
    """The file that a path names, whose percent signs are read already; never one outside the folder."""
    try:
        target = (folder / path.decode().lstrip("/")).resolve()
    except ValueError:  # no text, or a NUL in it
        raise Refused("400 Bad Request", "That is no path.") from None
    if not target.is_relative_to(folder):
        raise Refused("400 Bad Request", "That is no path.")
    return target


def quoted(path: str) -> bytes:
    """A path of an address or a token, as bytes."""
    return unquote_to_bytes(path)


def asked(path: str) -> bytes:
    """A path as WSGI tells it: bytes that were read as Latin-1."""
    return path.encode("latin-1")
