"""What fetching one repository may use of the machine and of the network."""

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 90  # by the clock; the parent ends the child a little later
ADVERTISEMENT_SECONDS = 20  # of those, until the server has listed its branches and tags
CPU_SECONDS = 60
MEMORY = 1024 * 1024 * 1024
MAX_PACK_BYTES = 100 * 1024 * 1024
MAX_FILE_BYTES = 5 * 1024 * 1024
SMALL_BYTES = 256 * 1024  # of a file that is kept before larger ones: scripts rather than data
MAX_BYTES = 60 * 1024 * 1024  # of all files that are kept
MAX_FILES = 5000  # that are kept
MAX_ENTRIES = 100_000  # that are looked at, files and folders
MAX_REFS = 20_000
MAX_ADVERTISEMENT_BYTES = 4 * 1024 * 1024  # the list of branches and tags
MAX_ANSWER_BYTES = MAX_PACK_BYTES + 16 * 1024 * 1024  # all that a server sends, with what it says of its progress
MAX_DEPTH = 30
MAX_PATH = 300
MAX_NOTED = 20  # names in each list of what was left out


def lock_down(seconds: int = SECONDS) -> None:
    """Give up what a fetch does not need, before any byte arrives; the alarm ends a child whose parent has died."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, MAX_PACK_BYTES + 1024 * 1024),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    signal.alarm(seconds)


@contextmanager
def alarm_after(seconds: int, error: type[Exception], word: str) -> Iterator[Callable[[], None]]:
    """Raise `error(word)` after this time, unless the function that is given is called before; the alarm that ends the process stays as it was."""
    rest = signal.alarm(0)

    def lift() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(max(1, rest - int(time.monotonic() - begun)))

    def ring(_number: int, _frame: object) -> None:
        lift()  # first: whatever swallows the error, the process ends in time
        raise error(word)

    begun = time.monotonic()
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield lift
    finally:
        lift()
