"""A lock that all processes of this account respect."""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vre.private_files import failures_told, open_private

NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # some network file systems have none

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                return
            except OSError:
                time.sleep(0.2)

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise

    def _unlock(file: IO[bytes]) -> None:
        """The lock ends with the file."""


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Wait until nobody else holds it, in this process or another; released at the end of the block, also of the process. Raises NotPossible."""
    with failures_told(path):
        file = open_private(path, "ab")
    with file:
        _lock(file)
        try:
            yield
        finally:
            _unlock(file)
