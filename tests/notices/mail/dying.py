"""A worker that is killed in the middle of sending a mail: run as a program with the moment, "before" or "after" the mail server took it."""

import os
import signal
import sys
from typing import Any

import django
from django.conf import settings

django.setup()

from vre_portal.notices.mail import smtp, worker  # noqa: E402


def main(moment: str, port: int, pk: int) -> None:
    """Begin to send, and die."""
    settings.MAIL_SERVER = {**settings.MAIL_SERVER, "port": port}
    own = smtp.send

    def send(*words: Any) -> None:
        if moment == "after":
            own(*words)
        os.kill(os.getpid(), signal.SIGKILL)

    smtp.send = send
    worker.send(pk)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
