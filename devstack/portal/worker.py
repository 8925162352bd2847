"""Run the portal's Celery worker, or with the word `beat` its schedule, once the tables are there."""

import os
import sys
import time

from devstack import address
from devstack.portal.environment import variables

QUIET = ["--loglevel", "INFO"]
# Tasks wait for other servers, so threads serve them best.
WORKER = ["worker", "--pool", "threads", "--concurrency", "8", "--without-gossip", "--without-mingle", *QUIET]


def main() -> None:
    """Become the one or the other: a schedule inside the worker would outlive a worker that is killed."""
    address.wait_for_database()
    while not (address.STATE / "portal" / "ready").exists():
        time.sleep(0.2)
    name = "beat" if sys.argv[1:] == ["beat"] else "worker"
    state = address.state_dir(name)
    os.environ.update(variables())
    (state / "ready").touch()
    options = ["beat", "--schedule", str(state / "schedule"), "--pidfile=", *QUIET] if name == "beat" else WORKER
    os.execv(sys.executable, [sys.executable, "-m", "celery", "-A", "vre_portal", *options])


if __name__ == "__main__":
    main()
