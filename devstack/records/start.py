"""Serve the records: `python -m devstack.records.start`."""

import os
import sys

from devstack.address import HOST, PORTS, secret
from devstack.records.store import records


def main() -> None:
    """Read all records once, so that a broken file stops the start, then become the server."""
    print(f"records: {len(records())} records", flush=True)
    secret("records")
    options = {
        "--bind": f"{HOST}:{PORTS['records']}",
        "--worker-class": "gthread",
        "--workers": "1",  # the rate limits are counted in this one process
        "--threads": "4",
        "--graceful-timeout": "5",
        "--worker-tmp-dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp",
        "--access-logfile": "-",
        "--access-logformat": "%(m)s %(U)s %(q)s %(s)s %(M)sms",
    }
    arguments = [word for pair in options.items() for word in pair] + ["--no-control-socket"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "devstack.records.app:app"])


if __name__ == "__main__":
    main()
