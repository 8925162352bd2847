"""Run the portal's Celery worker and its schedule, once the tables are there."""

import os
import sys
import time

from devstack import address
from devstack.portal.environment import variables


def main() -> None:
    """Become the worker. Tasks wait for other servers, so threads serve them best; one process with the schedule is enough here."""
    address.wait_for_database()
    while not (address.STATE / "portal" / "migrated").exists():
        time.sleep(0.2)
    state = address.state_dir("worker")
    os.environ.update(variables())
    (state / "ready").touch()
    celery = os.path.join(os.path.dirname(sys.executable), "celery")
    options = [
        "--pool",
        "threads",
        "--concurrency",
        "8",
        "--beat",
        "--schedule",
        str(state / "beat"),
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    os.execv(celery, [celery, "-A", "vre_portal", "worker", *options])


if __name__ == "__main__":
    main()
