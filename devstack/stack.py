"""Run the stack: look whether it can start, start it, wait until it is ready, stop it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack import address, failures, folders, health, leftovers, ports, run_lock, supervision

STARTUP_SECONDS = 600  # a busy machine compiles for minutes on its first start
RESTARTS = 3  # a process that ended as often will not start
STOP_SECONDS = 60


class StackError(Exception):
    """The stack cannot go on; the text says why and what to do."""


@contextmanager
def claimed(names: list[str]) -> Iterator[run_lock.Held]:
    """Be the one who runs this state, with nothing left of earlier runs and all ports free; raises the sentence where that cannot be."""
    with run_lock.held(address.STATE) as lock:
        leftovers.end()
        ports.check(names)
        yield lock


@contextmanager
def running(names: list[str], lock: run_lock.Held) -> Iterator[subprocess.Popen[bytes]]:
    """supervisord with the named processes; all of them are stopped at the end, whatever happens."""
    ports.check(names)  # installing may have taken minutes
    for marker in address.STATE.glob("*/ready"):
        marker.unlink()
    supervision.write_configuration(names)
    keeper = supervision.start()
    try:
        yield keeper
    finally:
        lock.say_stopping()
        stop(keeper)


def stop(keeper: subprocess.Popen[bytes]) -> None:
    """Stop all processes and supervisord; a second Ctrl-C does not leave half of them behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    keeper.terminate()
    with suppress(OSError):  # the terminal may be gone
        print("\nStopping", flush=True)
    with suppress(subprocess.TimeoutExpired):
        keeper.wait(STOP_SECONDS)
    if keeper.poll() is None:
        keeper.kill()
        keeper.wait()
    leftovers.end()


def given_up(keeper: subprocess.Popen[bytes], starts: dict[str, set[int]]) -> tuple[str, str] | None:
    """The name of a process that would not start and why, as far as supervisord knows, or None; `starts` is kept from look to look."""
    if keeper.poll() is not None:
        raise StackError(f"supervisord stopped. Its log: {supervision.log_file('supervisor')}")
    with suppress(*supervision.NO_ANSWER):
        for process in supervision.supervisor().getAllProcessInfo():
            starts.setdefault(process["name"], set()).add(int(process["start"]))
            if process["statename"] == "FATAL" or len(starts[process["name"]]) > RESTARTS:
                return str(process["name"]), str(process["spawnerr"])
    return None


def log_sizes(names: list[str]) -> dict[str, int]:
    """How long each log is before the start: what stands there is of earlier runs."""
    files = {name: supervision.log_file(name) for name in names}
    return {name: file.stat().st_size if file.exists() else 0 for name, file in files.items()}


def wait_until_ready(keeper: subprocess.Popen[bytes], names: list[str], before: dict[str, int]) -> None:
    """Return when all answer; raise naming the one that crashed or is late, and its log."""
    deadline = time.monotonic() + STARTUP_SECONDS
    shown: list[str] = []
    starts: dict[str, set[int]] = {}
    while missing := health.waiting(names):
        if missing != shown:
            print(f"  waiting for {', '.join(missing)}", flush=True)
            shown = missing
        crashed = given_up(keeper, starts)
        if crashed or time.monotonic() > deadline:
            name, reason = crashed or (missing[0], "")
            what = "stopped and would not start again" if crashed else f"was not ready after {STARTUP_SECONDS} s"
            raise StackError(failures.sentence(name, what, supervision.log_file(name), since=before.get(name, 0), reason=reason))
        time.sleep(0.3)


def memory() -> str:
    """Proportional memory of the stack's processes, as the kernel counts it."""
    total = 0
    for process in leftovers.find():
        with suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{process.pid}/smaps_rollup").read_text().split("Pss:", 1)[1].split()[0])
    return f"{total / 1024 / 1024:.1f} GB"


def end() -> str:
    """Stop the stack of this state, whoever runs it; what was done. Raises StackError where it cannot be stopped from here."""
    runner = run_lock.runner_of(address.STATE)
    if runner:
        if not runner.is_stopping:
            if not runner.is_here():
                raise StackError(f"Process {runner.pid}, which runs this stack, cannot be seen from here. Stop it where it was started.")
            os.kill(runner.pid, signal.SIGTERM)
        print("Stopping", flush=True)
        deadline = time.monotonic() + STOP_SECONDS + 20
        while run_lock.runner_of(address.STATE):
            if time.monotonic() > deadline:
                raise StackError(f"Process {runner.pid} has not stopped yet. End it with: kill -9 {runner.pid}; make stop")
            time.sleep(0.2)
    left = leftovers.end()
    return "Everything is stopped. The data are kept; `make clean` deletes them." if runner or left else "Nothing was running."


def clean() -> str:
    """Delete the data of this stack and of test stacks that were killed; raises the sentence where something runs or cannot be deleted."""
    states = [address.STATE, *(folder for folder in address.STATE.parent.glob("test-*") if (folder / run_lock.FILE).is_file())]
    for state in states:
        if runner := run_lock.runner_of(state):
            if state == address.STATE:
                raise StackError(f"The stack is running (process {runner.pid}). Stop it first: make stop")
            continue
        if state == address.STATE:
            leftovers.end()
        folders.remove(state)
    return f"The data in {address.STATE} are deleted."


def forget() -> None:
    """Delete what a test stack left, as far as that is possible."""
    with suppress(folders.FolderError):
        folders.remove(address.STATE)
    shutil.rmtree(address.STATE, ignore_errors=True)
