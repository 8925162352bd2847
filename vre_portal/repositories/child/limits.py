"""What fetching one repository may use of the machine and of the network."""

import resource
import signal

SECONDS = 90  # by the clock; the parent ends the child a little later
CPU_SECONDS = 60
MEMORY = 1024 * 1024 * 1024
MAX_PACK_BYTES = 100 * 1024 * 1024
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_BYTES = 60 * 1024 * 1024  # of all files that are kept
MAX_FILES = 5000  # that are kept
MAX_ENTRIES = 100_000  # that are looked at, files and folders
MAX_REFS = 20_000
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
