"""The real reana-client, as a person has it on the command line."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.devstack.reana_server import Server

PROGRAM = "import sys; from reana_client.cli import cli; cli()"


def command_line(server: Server, folder: Path) -> Callable[..., str]:
    """A function that runs one of its commands in the folder, for version 0.9, and gives what it prints; a command that fails is an error."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(folder), "LC_ALL": "C.UTF-8",
        "REANA_SERVER_URL": server.query_url, "REANA_ACCESS_TOKEN": server.token(),
    }  # fmt: skip

    def client(*arguments: str) -> str:
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM, *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return client
