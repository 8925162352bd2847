"""Run a management command, or any command, with the stack's settings: `python -m devstack.portal.manage migrate`."""

import os
import sys

from devstack import address
from devstack.portal.environment import variables


def main() -> None:
    """Become manage.py, or the program named after `--`."""
    os.environ.update(variables())
    os.umask(0o077)  # media, spool and tables belong to the stack, whose files nobody else reads
    os.chdir(address.ROOT)
    words = sys.argv[1:]
    command = words[1:] if words[:1] == ["--"] else [sys.executable, "manage.py", *words]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
