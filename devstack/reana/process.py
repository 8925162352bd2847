"""Run one command with limits on time, memory and output, in a process group that is killed whole."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from devstack import address
from devstack.reana import limits, workspace

LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")))
ADDRESS_SPACE_ABOVE_MEMORY = limits.GIB  # libraries and threads reserve more than they use


@dataclass(frozen=True)
class Command:
    """What to run and what it may use."""

    arguments: list[str]
    cwd: Path
    environment: dict[str, str]
    log: Path
    folders: tuple[Path, ...]  # of the stack's state, what the command may see besides its working folder
    seconds: float
    memory: int


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `reason` says why where the server ended it."""

    code: int
    reason: str = ""


def start_time(pid: int) -> str:
    """When a process began, in the kernel's ticks: tells it from a later one with the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def kill_group(pid: int) -> None:
    """End a command and everything that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _members(group: int) -> Iterator[list[str]]:
    """The kernel's facts about each process of a group."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if facts[2] == str(group):
            yield facts


def memory_used(group: int) -> int:
    """The resident memory of a whole process group."""
    return sum(int(facts[21]) for facts in _members(group)) * os.sysconf("SC_PAGE_SIZE")


def _excess(command: Command, pid: int, began: float, stop: Callable[[], bool]) -> str:
    """Why the command has to end now, or nothing."""
    if stop():
        return "stopped"
    if time.monotonic() - began > command.seconds:
        return f"The job ran longer than its limit of {command.seconds:.0f} seconds and was ended."
    if memory_used(pid) > command.memory:
        return f"OOMKilled: the job used more than its memory limit of {command.memory // 1024**2} MiB and was ended."
    if workspace.total(command.cwd) > limits.WORKSPACE_BYTES:
        return f"The workspace grew beyond its limit of {limits.WORKSPACE_BYTES // 1024**2} MiB and the job was ended."
    return ""


def _follow(process: subprocess.Popen[bytes], command: Command, stop: Callable[[], bool]) -> str:
    """Copy the output to the log as it comes, and watch the limits; the reason for ending it, or nothing."""
    assert process.stdout
    began, looked, written = time.monotonic(), 0.0, 0
    with command.log.open("ab", buffering=0) as log:
        while True:
            ready, _, _ = select.select([process.stdout], [], [], 0.2)
            if ready:
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return ""
                log.write(chunk[: max(0, limits.LOG_BYTES - written)])
                if written <= limits.LOG_BYTES < written + len(chunk):
                    log.write(b"\n[the log is cut here: it is longer than the limit]\n")
                written += len(chunk)
            elif process.poll() is not None:
                return ""  # something that it left behind still holds the output open
            if time.monotonic() - looked > 0.5:
                looked = time.monotonic()
                if reason := _excess(command, process.pid, began, stop):
                    return reason


def run(command: Command, stop: Callable[[], bool], started: Callable[[int], None]) -> Outcome:
    """Run to the end, whatever that is; nothing of the command is left afterwards."""
    process = subprocess.Popen(
        [*LAUNCHER, _wishes(command), *command.arguments],
        cwd=command.cwd, env=command.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        started(process.pid)
        reason = _follow(process, command, stop)
        if reason:
            kill_group(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_left(command, reason))
        if process.poll() is None:  # it closed its output and went on
            reason = reason or "The job closed its output and did not end."
    finally:
        kill_group(process.pid)
        process.wait()
        if process.stdout:
            process.stdout.close()
    return Outcome(process.returncode, reason)


def _wishes(command: Command, hide: bool | None = None) -> str:
    """What the launcher is asked for."""
    hidden = [address.STATE, *(folder for folder in [address.socket_dir()] if folder.is_dir() and not folder.is_relative_to(address.STATE))]
    return json.dumps(
        {
            "memory": command.memory + ADDRESS_SPACE_ABOVE_MEMORY,
            "file_bytes": limits.JOB_FILE_BYTES,
            "hidden": [str(folder) for folder in hidden] if (can_hide() if hide is None else hide) else [],
            "kept": [str(folder) for folder in (command.cwd, *command.folders) if folder.is_dir()],
        }
    )


@cache
def can_hide() -> bool:
    """Whether the kernel lets a process cover folders for itself; some systems do not allow it to ordinary people."""
    probe = Command(["true"], limits.WORKSPACES, {"PATH": os.defpath}, limits.STATE / "probe.log", (), 10, limits.GIB)
    command = [*LAUNCHER, _wishes(probe, hide=True), *probe.arguments]
    return subprocess.run(command, cwd=probe.cwd, capture_output=True, check=False).returncode == 0


def _left(command: Command, reason: str) -> float:
    return 5 if reason else min(command.seconds, 30)
