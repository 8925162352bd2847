"""Set a job's limits and become the job; run as a script, apart from the server, so that it needs no packages."""

import os
import resource
import sys


def main(memory: int, file_bytes: int, command: list[str]) -> None:
    """Limit this process, which all that it starts inherits, and replace it by the command."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
