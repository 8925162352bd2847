"""The processes of this state that outlived their runner: found by a mark in their environment, not by name or port, and ended."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devstack import address, supervision

TERM_SECONDS = 15
KILL_SECONDS = 5


class StillThere(Exception):
    """Processes of an earlier run could not be ended; the text names them."""


@dataclass(frozen=True)
class Process:
    """A process that this state's supervisord started, or supervisord itself."""

    pid: int
    name: str


def find() -> list[Process]:
    """All processes of this state that run now; none where it was never started, or the system has no /proc."""
    file = address.STATE / "secrets" / "supervised"
    if not file.exists():
        return []
    wanted = f"{supervision.MARK}={file.read_text()}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        facts = _environment(folder)
        if wanted in facts and not _is_zombie(folder):
            name = next((item.split(b"=", 1)[1] for item in facts if item.startswith(b"SUPERVISOR_PROCESS_NAME=")), b"supervisord")
            found.append(Process(int(folder.name), name.decode(errors="replace")))
    return found


def _environment(folder: Path) -> list[bytes]:
    """The environment that a process was started with; nothing where it has ended or is somebody else's."""
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _is_zombie(folder: Path) -> bool:
    try:
        return (folder / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def end() -> list[str]:
    """End what is left of an earlier run, and return the names of what it was; raises StillThere where that is not possible.

    supervisord first, so that it starts nothing again; then all at once, as it would stop them one after the other.
    """
    names = sorted({process.name for process in find()})
    if names:
        with suppress(OSError):  # the terminal may be gone
            print(f"Stopping what an earlier run left: {', '.join(names)}", flush=True)
        _signal([process for process in find() if process.name == "supervisord"], signal.SIGTERM)
        time.sleep(0.5)
        _signal(find(), signal.SIGTERM)
        if not _is_gone(TERM_SECONDS):
            _signal(find(), signal.SIGKILL)
        if not _is_gone(KILL_SECONDS):
            there = ", ".join(f"{process.name} ({process.pid})" for process in find())
            raise StillThere(f"Processes of an earlier run would not end: {there}. End them as the user who started them.")
    return names


def _signal(processes: list[Process], number: int) -> None:
    for process in processes:
        with suppress(OSError):
            os.kill(process.pid, number)


def _is_gone(seconds: float) -> bool:
    """Whether all have ended within that time."""
    deadline = time.monotonic() + seconds
    while find():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
