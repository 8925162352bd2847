"""Prepare the portal (tables, static files, demonstration content) and serve its pages."""

import os
import sys

import django
from django.core.management import CommandError, call_command
from django.db import connections

from devstack import address, supervision
from devstack.portal import demonstration
from devstack.portal.environment import variables

SERVER = [
    "--worker-class", "gthread", "--threads", "32", "--workers", "1", "--graceful-timeout", "5", "--no-control-socket",
    "--forwarder-headers", "",  # else whoever asks from this machine names the portal's own path (SCRIPT_NAME), and gets a 500 for most
]  # fmt: skip


def prepare() -> None:
    """Make the tables, collect the static files, load the demonstration; all in this process, as importing the portal takes seconds."""
    django.setup()
    address.wait_for_database()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    try:
        load_content(repositories())
    except CommandError as error:
        print(f"{error} Read from its folder instead.", flush=True)
        load_content("")
    connections.close_all()


def load_content(repositories_at: str) -> None:
    """The demonstration's projects; what is there already is kept."""
    people = [f"{name}={address.subject(name)}" for name in address.DEMO_USERS]
    call_command("load_content", str(address.ROOT / "demo" / "content.toml"), person=people, repositories=repositories_at)


def repositories() -> str:
    """Where the stack's repositories are, once they answer; nothing in a stack without them."""
    if "git" not in supervision.started():
        return ""
    address.wait_for(f"{address.GIT_URL}/")
    return address.GIT_URL


def main() -> None:
    """Migrate, collect, load, then become the web server."""
    os.environ.update(variables())
    prepare()
    if demonstration.is_wanted():
        demonstration.begin()
    (address.state_dir("portal") / "ready").touch()  # the runner forgets it before each start; the worker waits for it
    os.execv(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", f"{address.HOST}:{address.PORTS['portal']}", *SERVER, "vre_portal.wsgi"],
    )


if __name__ == "__main__":
    main()
