"""Prepare the stack's REANA and become its server: `python -m devstack.reana.start`."""

import os
import sys

from devstack import address
from devstack.reana import face, images, limits, people, process, store


def main() -> None:
    """Make what is missing, then serve in the foreground."""
    store.prepare()
    images.prepare()
    people.prepare()
    if not process.can_hide():
        print("This system gives processes no namespaces of their own: a job can read what you can. Run only what you trust.", flush=True)
    (limits.STATE / "access.log").touch(mode=0o600)  # it holds tokens
    print(f"REANA on {face.NEWER_URL}, as version 0.9 on {face.OLDER_URL}; jobs run as processes of this machine", flush=True)
    binds = [word for port in (face.NEWER, face.OLDER) for word in ("--bind", f"{address.HOST}:{port}")]
    hooks = "python:devstack.reana.gunicorn_hooks"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *binds, "--config", hooks, "devstack.reana.app:app"])


if __name__ == "__main__":
    main()
