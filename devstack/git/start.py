"""Serve the repositories: `python -m devstack.git.start`."""

import os
import sys

from devstack.address import HOST, PORTS, state_dir
from devstack.git import repositories


def main() -> None:
    """Make the repositories anew from the files in demo/, then become the server."""
    for name, commit in repositories.make_all(state_dir("git")).items():
        print(f"git: {name} {commit}", flush=True)
    options = {
        "--bind": f"{HOST}:{PORTS['git']}",
        "--worker-class": "gthread",
        "--workers": "1",
        "--threads": "4",
        "--graceful-timeout": "5",
        "--worker-tmp-dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp",
        "--access-logfile": "-",
        "--access-logformat": "%(m)s %(U)s %(s)s %(M)sms",
    }
    arguments = [word for pair in options.items() for word in pair] + ["--no-control-socket"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "devstack.git.app:app"])


if __name__ == "__main__":
    main()
