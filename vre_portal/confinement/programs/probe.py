"""A program that tries what a confined one must not be able to do, and answers what it could: standard library alone."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer(wish: dict[str, Any], folder: Path | None, scratch: Path) -> dict[str, Any]:
    """The names of what was possible: {"could": []} where the process is confined."""
    inside = scratch / "file"
    inside.write_text("kept")
    attempts: dict[str, Callable[[], object]] = {
        "read a file": lambda: Path("/etc/passwd").read_text(),
        "read the environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "write a file": lambda: Path(wish["outside"]).write_text("x"),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "start a process": start,
        "run a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "signal another": lambda: os.kill(os.getppid(), 0),
    }
    return {"could": [name for name, attempt in attempts.items() if possible(attempt)], "kept": inside.read_text() == "kept"}


def start() -> None:
    """A copy of this process, which ends at once."""
    if os.fork() == 0:
        os._exit(0)


def possible(attempt: Callable[[], object]) -> bool:
    """Whether it raises no error."""
    try:
        attempt()
    except OSError:
        return False
    return True
