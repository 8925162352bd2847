"""Prepare the demonstration IAM and serve it: `python -m devstack.iam.start`."""

import os
import sys

import django
from django.core.management import call_command

from devstack.address import HOST, PORTS, wait_for_database


def main() -> None:
    """Migrate, make clients and people, then become the server."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "devstack.iam.settings"
    django.setup()
    wait_for_database()
    from devstack.iam.bootstrap import prepare  # models exist only after setup

    call_command("migrate", interactive=False, verbosity=0)
    prepare()
    options = {
        "--bind": f"{HOST}:{PORTS['iam']}",
        "--worker-class": "gthread",
        "--workers": "1",  # authorization codes live in this one process
        "--threads": "8",
        "--graceful-timeout": "5",
        "--worker-tmp-dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp",
        "--access-logfile": "-",
        "--access-logformat": "%(m)s %(U)s %(s)s %(M)sms",  # no query: it carries codes
    }
    arguments = [word for pair in options.items() for word in pair] + ["--no-control-socket"]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "devstack.iam.wsgi:application"])


if __name__ == "__main__":
    main()
