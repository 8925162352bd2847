"""Prepare the portal (tables, static files, demonstration content) and serve its pages."""

import os
import subprocess
import sys

from devstack import address
from devstack.portal.environment import variables

SERVER = [
    "--worker-class", "gthread", "--threads", "32", "--workers", "1", "--graceful-timeout", "5", "--no-control-socket",
    "--forwarder-headers", "",  # else whoever asks from this machine names the portal's own path (SCRIPT_NAME), and gets a 500 for most
]  # fmt: skip


def manage(*arguments: str) -> None:
    """Run one management command; its failure is the start's failure."""
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, cwd=address.ROOT)


def main() -> None:
    """Migrate, collect, load, then become the web server."""
    address.wait_for_database()
    os.environ.update(variables())
    manage("migrate", "--verbosity=0")
    manage("collectstatic", "--noinput", "--verbosity=0")
    people = [f"--person={name}={address.subject(name)}" for name in address.DEMO_USERS]
    manage("load_content", str(address.ROOT / "demo" / "content.toml"), *people)
    (address.state_dir("portal") / "ready").touch()  # the runner forgets it before each start; the worker waits for it
    os.execv(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", f"{address.HOST}:{address.PORTS['portal']}", *SERVER, "vre_portal.wsgi"],
    )


if __name__ == "__main__":
    main()
