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
from typing import IO

from devstack import address, folders
from devstack.reana import limits, workspace

LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")))
PROGRAMS = [folder for folder in (address.ENVS, address.ROOT) if folder.is_relative_to(address.STATE)]
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
    secrets: Path | None = None  # files that the command finds where REANA has them, if this system lets it


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
        return f"DeadlineExceeded: The job was killed due to exceeding timeout of {command.seconds:.0f} seconds."
    if memory_used(pid) > command.memory:
        return f"OOMKilled: the job used more than its memory limit of {command.memory // 1024**2} MiB and was ended."
    if workspace.total(command.cwd) > limits.WORKSPACE_BYTES:
        return f"The workspace grew beyond its limit of {limits.WORKSPACE_BYTES // 1024**2} MiB and the job was ended."
    return ""


class Log:
    """The output of a command, kept to a limit."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._seen = 0

    def write(self, chunk: bytes) -> None:
        """Keep what is within the limit, and say once that the rest is not."""
        self._file.write(chunk[: max(0, limits.LOG_BYTES - self._seen)])
        if self._seen <= limits.LOG_BYTES < self._seen + len(chunk):
            self._file.write(b"\n[the log is cut here: it is longer than the limit]\n")
        self._seen += len(chunk)


def _follow(process: subprocess.Popen[bytes], log: Log, excess: Callable[[], str]) -> str:
    """Copy the output to the log as it comes, and watch the limits, until the command ends; why it had to, or nothing."""
    assert process.stdout
    output, looked = [process.stdout], 0.0
    while True:
        ended = process.poll() is not None
        if ended:
            kill_group(process.pid)  # what it left behind could hold the output open for ever
        if output and select.select(output, [], [], 0 if ended else 0.2)[0]:
            chunk = os.read(process.stdout.fileno(), 65536)
            log.write(chunk)
            output = output if chunk else []
        elif ended:
            return ""
        elif not output:
            time.sleep(0.2)
        if time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            if reason := excess():
                return reason


def run(command: Command, stop: Callable[[], bool], started: Callable[[int], None]) -> Outcome:
    """Run to the end, whatever that is; nothing of the command is left afterwards."""
    process = subprocess.Popen(
        [*LAUNCHER, _wishes(command), *command.arguments],
        cwd=command.cwd, env=command.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    began = time.monotonic()
    try:
        started(process.pid)
        with command.log.open("ab", buffering=0) as file:
            reason = _follow(process, Log(file), lambda: _excess(command, process.pid, began, stop))
    finally:
        kill_group(process.pid)
        process.wait()
        if process.stdout:
            process.stdout.close()
    return Outcome(process.returncode, reason)


def _wishes(command: Command, hide: bool | None = None) -> str:
    """What the launcher is asked for."""
    hidden = [address.STATE, *folders.outside(address.STATE)]
    return json.dumps(
        {
            "memory": command.memory + ADDRESS_SPACE_ABOVE_MEMORY,
            "file_bytes": limits.JOB_FILE_BYTES,
            "hidden": [str(folder) for folder in hidden] if (can_hide() if hide is None else hide) else [],
            "secrets": str(command.secrets or ""),
            "kept": [str(folder) for folder in (command.cwd, *command.folders, *PROGRAMS) if folder.is_dir()],
        }
    )


@cache
def can_hide() -> bool:
    """Whether the kernel lets a process cover folders for itself; some systems do not allow it to ordinary people."""
    probe = Command(["true"], limits.WORKSPACES, {"PATH": os.defpath}, limits.STATE / "probe.log", (), 10, limits.GIB)
    command = [*LAUNCHER, _wishes(probe, hide=True), *probe.arguments]
    return subprocess.run(command, cwd=probe.cwd, capture_output=True, check=False).returncode == 0
