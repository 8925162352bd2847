"""Start a mail server of a test's own: the stack's, at ports of its own, with mail and faults of its own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from devstack import address
from tests.devstack.records_server import free_port

CONTROL = "X-Stack-Test"
PYTHON = address.ENVS / "mail" / "bin" / "python"
TIMEOUT_SECONDS = 1.0  # for the portal's side, so that a slow server is found slow soon


@dataclass
class MailServer:
    """A running mail server and its page."""

    port: int
    page_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def settings(self) -> dict[str, Any]:
        """MAIL_SERVER of the portal."""
        own = {"host": address.HOST, "port": self.port, "timeout": TIMEOUT_SECONDS}
        return {**own, "username": "", "password": "", "use_tls": False, "use_ssl": False}

    def mails(self) -> list[dict[str, Any]]:
        """What arrived, the oldest first."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/mails", timeout=10).json()["items"]
        return found[::-1]

    def fail(self, **faults: Any) -> None:
        """From now on these faults and no other."""
        requests.post(f"{self.url}/api/faults", json=faults, headers={CONTROL: "1"}, timeout=10).raise_for_status()

    def clear(self) -> None:
        requests.delete(f"{self.url}/api/mails", headers={CONTROL: "1"}, timeout=10).raise_for_status()


def header(mail: dict[str, Any], name: str) -> str:
    """A header of a mail that occurs once in it."""
    (value,) = [value for key, value in mail["headers"] if key.lower() == name.lower()]
    return str(value)


@contextmanager
def mail_server(*options: str) -> Iterator[MailServer]:
    """A server that ends with the block; `--login name:password` lets in nobody else."""
    server = MailServer(free_port(), free_port())
    with tempfile.TemporaryDirectory() as folder:
        words = ["--smtp", str(server.port), "--page", str(server.page_port), "--folder", folder, *options]
        own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # noqa: TID251 -- handed on to the server
        process = subprocess.Popen(
            [PYTHON, "-m", "devstack.mail.start", *words], cwd=address.ROOT, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            address.wait_for(f"{server.url}/", 30)
            yield server
        finally:
            process.terminate()
            process.wait(15)
