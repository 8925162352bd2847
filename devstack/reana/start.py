"""Prepare the stack's REANA and become its server: `python -m devstack.reana.start`."""

import os
import sys

from devstack import address
from devstack.reana import images, people, process, store


def main() -> None:
    """Make what is missing, then serve in the foreground."""
    store.prepare()
    images.prepare()
    people.prepare()
    if not process.can_hide():
        print("This system gives processes no namespaces of their own: a job can read what you can. Run only what you trust.", flush=True)
    place = f"{address.HOST}:{address.PORTS['reana']}"
    print(f"REANA on http://{place}; jobs run as processes of this machine", flush=True)
    hooks = "python:devstack.reana.gunicorn_hooks"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--bind", place, "--config", hooks, "devstack.reana.app:app"])


if __name__ == "__main__":
    main()
