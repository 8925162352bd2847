"""A request's body whose length is known and which can be sent again.

REANA's server stands behind uWSGI, which reads a body without a length as an empty one: a stream is gathered on disk first.
"""

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

IN_MEMORY = 4 * 1024 * 1024
PIECE = 256 * 1024


class Body:
    """A file with a length, given in large pieces; as a file it would be sent in small ones."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._length = file.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[bytes]:
        """From the beginning each time: a call may be made again."""
        self._file.seek(0)
        return iter(lambda: self._file.read(PIECE), b"")


@contextmanager
def rewindable(content: bytes | Iterable[bytes]) -> Iterator[Body]:
    """The content as a body; what a stream brings is kept in memory while it is small."""
    if isinstance(content, bytes):
        yield Body(io.BytesIO(content))
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        for chunk in content:
            file.write(chunk)
        yield Body(file)
