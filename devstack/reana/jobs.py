"""One job: a command in the workspace, in a clean environment, with its log in a file that grows."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devstack.reana import limits, process, store, workspace

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
LOGS = limits.STATE / "logs"


@dataclass(frozen=True)
class Job:
    """What one job is to do; `programs` is what its PATH begins with."""

    cmd: str
    arguments: list[str]
    image: str
    programs: str
    name: str = ""
    memory: int = limits.JOB_MEMORY
    seconds: int = limits.JOB_SECONDS


def memory(text: str | None) -> int:
    """Kubernetes' notation in bytes, at most what the server allows."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]i?)?", text or "")
    if not found:
        return limits.JOB_MEMORY
    return min(int(float(found[1]) * UNITS[found[2] or ""]), limits.JOB_MEMORY)


def log_file(job: str) -> Path:
    """Where a job's output is kept."""
    return LOGS / f"{job}.log"


def log_text(job: str) -> str:
    """A job's output so far."""
    path = log_file(job)
    return path.read_text(errors="replace") if path.exists() else ""


def home(workflow: store.Row) -> Path:
    """A folder of the workflow's own for what programs keep beside their work."""
    folder = limits.STATE / "homes" / str(workflow["id"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def environment(workflow: store.Row, programs: str) -> dict[str, str]:
    """Nothing of the server's own environment; the person's secrets of type env, as REANA gives them."""
    found = store.rows("select name, value from secret where owner = ? and type = 'env'", workflow["owner"])
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    return (
        {item["name"]: item["value"] for item in found}
        | one_thread
        | {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home(workflow)),
            "TMPDIR": str(home(workflow)),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "REANA_WORKFLOW_UUID": str(workflow["id"]),
            "REANA_WORKSPACE": str(workspace.folder(workflow)),
        }
    )


def refuse(workflow: store.Row, name: str, image: str, cmd: str, why: str) -> None:
    """A job that cannot begin: failed, with the reason as its log."""
    key = _remember(workflow, name, image, cmd, "failed")
    log_file(key).write_text(why + "\n")
    store.update("job", key, finished=store.now())


def run(workflow: store.Row, job: Job, stop: Callable[[], bool]) -> str:
    """Run one job to its end: finished, failed or stopped."""
    key = _remember(workflow, job.name, job.image, job.cmd, "running")
    folders = (home(workflow), limits.STATE / "engine" / str(workflow["id"]))
    command = process.Command(
        job.arguments, workspace.folder(workflow), environment(workflow, job.programs), log_file(key), folders, job.seconds, job.memory
    )

    def started(pid: int) -> None:
        store.update("job", key, pid=pid, pid_started=process.start_time(pid))

    outcome = process.run(command, stop, started)
    if outcome.reason and outcome.reason != "stopped":
        append(key, outcome.reason)
    elif outcome.code:
        append(key, f"The command ended with status {outcome.code}.") if not outcome.reason else None
    status = "stopped" if outcome.reason == "stopped" else "failed" if outcome.reason or outcome.code else "finished"
    store.update("job", key, status=status, finished=store.now(), pid=None)
    return status


def append(job: str, text: str) -> None:
    """Say something at the end of a job's log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with log_file(job).open("a") as log:
        log.write(f"\n{text}\n")


def _remember(workflow: store.Row, name: str, image: str, cmd: str, status: str) -> str:
    key = str(uuid.uuid4())
    LOGS.mkdir(parents=True, exist_ok=True)
    log_file(key).touch(mode=0o600)
    store.insert(
        "job", {"id": key, "workflow": workflow["id"], "name": name, "image": image, "cmd": cmd, "status": status, "started": store.now()}
    )
    return key
