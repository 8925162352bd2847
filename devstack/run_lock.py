"""Who runs a stack: one runner for each state, known by a lock that the kernel takes back when the runner dies."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from devstack import folders

FILE = "runner.lock"
STOPPING_SECONDS = 60  # a runner that was told to stop is waited for so long


class AlreadyRunning(Exception):
    """The stack has a runner already; the text says which and what to do."""


@dataclass(frozen=True)
class Runner:
    """A process that runs the stack."""

    pid: int
    is_stopping: bool

    def is_here(self) -> bool:
        """Whether that process can be seen from here and is one of ours; another container's cannot."""
        try:
            return b"devstack" in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False


class Held:
    """The lock in our hands."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._write(is_stopping=False)

    def say_stopping(self) -> None:
        """Let the next runner know that it is worth waiting."""
        self._write(is_stopping=True)

    def _write(self, *, is_stopping: bool) -> None:
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), "stopping": is_stopping}, self._file)
        self._file.flush()


def runner_of(state: Path) -> Runner | None:
    """Who runs the stack of this state, or None where nobody does."""
    try:
        with (state / FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
    except OSError:
        pass
    return None


def _read(file: IO[str]) -> Runner:
    file.seek(0)
    try:
        facts = json.load(file)
        return Runner(int(facts["pid"]), bool(facts["stopping"]))
    except (ValueError, KeyError, TypeError):
        return Runner(0, is_stopping=True)  # it has just taken the lock


@contextmanager
def held(state: Path) -> Iterator[Held]:
    """Be the one runner of a state; one that is stopping is waited for. Raises AlreadyRunning where another goes on."""
    folders.make_state(state)
    with os.fdopen(os.open(state / FILE, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        wait_until_free(file, state)
        yield Held(file)


def wait_until_free(file: IO[str], state: Path) -> None:
    """Take the lock; say it where that needs waiting."""
    deadline = time.monotonic() + STOPPING_SECONDS
    short = time.monotonic() + 1  # somebody may be looking at the lock, or just writing into it
    has_said = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            runner = _read(file)
            if (not runner.is_stopping and time.monotonic() > short) or time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"This stack is running already (process {runner.pid}, state in {state}). See it with `make status`, stop it with `make stop`."
                ) from None
            if runner.is_stopping and time.monotonic() > short and not has_said:
                print("Waiting for the previous run to stop", flush=True)
                has_said = True
            time.sleep(0.1)
        else:
            return
