"""Serve the portal's process for events, once the tables are there."""

import os
import sys
import time

from devstack import address
from devstack.portal.environment import variables

SERVER = ["--worker-class", "asgi", "--workers", "1", "--graceful-timeout", "3", "--no-control-socket", "--forwarder-headers", ""]


def main() -> None:
    """Become the server: a port of its own, as in a deployment, where a proxy puts it at the portal's own address."""
    address.wait_for_database()
    while not (address.STATE / "portal" / "ready").exists():
        time.sleep(0.2)
    os.environ.update(variables())
    bind = f"{address.HOST}:{address.PORTS['events']}"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--bind", bind, *SERVER, "vre_portal.events.asgi"])


if __name__ == "__main__":
    main()
