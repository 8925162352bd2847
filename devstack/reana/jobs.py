"""One job: a command in the workspace, in a clean environment, with its log in a file that grows."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devstack.reana import images, limits, process, secrets, store, workspace

LOGS = limits.STATE / "logs"
Workflow = Mapping[str, Any] | store.Row  # also one that is only looked at


@dataclass(frozen=True)
class Job:
    """What one job is to do; `cmd` is what the logs call it."""

    cmd: str
    arguments: list[str]
    image: str
    name: str = ""
    backend: str = "kubernetes"
    memory: int = limits.JOB_MEMORY
    seconds: int = limits.JOB_SECONDS


def log_file(job: str) -> Path:
    """Where the output of a job or of an engine is kept."""
    return LOGS / f"{job}.log"


def log_text(job: str, rows: int = 0) -> str:
    """The output so far, or no more than its first rows."""
    path = log_file(job)
    if not path.exists():
        return ""
    with path.open(errors="replace", newline="\n") as file:  # carriage returns stay, as in the log of a container
        return "".join(line for _, line in zip(range(rows), file, strict=False)) if rows else file.read()


def home(workflow: Workflow) -> Path:
    """A folder of the workflow's own for what programs keep beside their work."""
    folder = limits.STATE / "homes" / str(workflow["id"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def environment(workflow: Workflow, programs: str) -> dict[str, str]:
    """Nothing of the server's own environment."""
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    return one_thread | {
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


def remember(workflow: store.Row, job: Job) -> str:
    """A job that has been asked for and waits for its turn; its id."""
    key = str(uuid.uuid4())
    LOGS.mkdir(parents=True, exist_ok=True)
    log_file(key).touch(mode=0o600)
    values = {"id": key, "workflow": workflow["id"], "name": job.name, "image": job.image, "cmd": job.cmd, "backend": job.backend}
    store.insert("job", {**values, "status": "created"})
    return key


def run(workflow: store.Row, key: str, job: Job, stop: Callable[[], bool]) -> str:
    """Run one job to its end: finished, failed or stopped."""
    if stop():
        return _end(key, "stopped")
    store.update("job", key, status="running", started=store.now())
    store.update("workflow", workflow["id"], command=job.cmd, step=job.name)
    try:
        programs = images.programs(job.image)
    except images.UnknownImage as error:
        append(key, str(error))
        return _end(key, "failed")
    given = secrets.of(workflow)
    command = process.Command(
        job.arguments, workspace.folder(workflow), given.environment | environment(workflow, str(programs)), log_file(key),
        (home(workflow),), job.seconds, job.memory,
    )  # fmt: skip
    with given.as_files() as folder:
        outcome = process.run(replace(command, secrets=folder), stop, lambda pid: _started(key, pid))
    if outcome.reason and outcome.reason != "stopped":
        append(key, outcome.reason)
    elif outcome.code and not outcome.reason:
        append(key, f"The command ended with status {outcome.code}.")
    return _end(key, "stopped" if outcome.reason == "stopped" else "failed" if outcome.reason or outcome.code else "finished")


def engine_folder(workflow: Workflow) -> Path:
    """What a workflow's engine and the server tell each other, which the person's workspace does not show."""
    return limits.STATE / "engine" / str(workflow["id"])


def _started(key: str, pid: int) -> None:
    store.update("job", key, pid=pid, pid_started=process.start_time(pid))


def _end(key: str, status: str) -> str:
    store.update("job", key, status=status, finished=store.now(), pid=None)
    return status


def append(job: str, text: str) -> None:
    """Say something at the end of a log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with log_file(job).open("a") as log:
        log.write(f"\n{text}\n")
