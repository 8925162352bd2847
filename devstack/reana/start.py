"""Prepare the stack's REANA and become its server: `python -m devstack.reana.start`."""

import os
import sys

from devstack import address
from devstack.reana import images, limits, people, process, store


def main() -> None:
    """Make what is missing, then serve in the foreground."""
    store.prepare()
    images.prepare()
    people.prepare()
    if not process.can_hide():
        print("This system gives processes no namespaces of their own: a job can read what you can. Run only what you trust.", flush=True)
    (limits.STATE / "access.log").touch(mode=0o600)  # it holds tokens
    print(f"REANA on {address.REANA_URL}, as version 0.9 on {address.REANA_QUERY_URL}; jobs run as processes of this machine", flush=True)
    binds = [word for name in ("reana", "reana-query") for word in ("--bind", f"{address.HOST}:{address.PORTS[name]}")]
    hooks = "python:devstack.reana.gunicorn_hooks"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *binds, "--config", hooks, "devstack.reana.app:app"])


if __name__ == "__main__":
    main()
