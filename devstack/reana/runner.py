"""Run the workflows that were started, a few at a time, and clear up after a crash."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from devstack.reana import engines, jobs, limits, process, store

ACTIVE = ("queued", "pending", "running")
LOST = "The server stopped while this job was running; the job is lost."
_pool = ThreadPoolExecutor(limits.WORKFLOWS_AT_ONCE, thread_name_prefix="workflow")
_stops: dict[str, threading.Event] = {}
_closing = threading.Event()


def begin() -> None:
    """Settle what an earlier server left: running workflows are lost, queued ones are queued again."""
    for lost in store.rows("select id from workflow where status in ('running', 'pending')"):
        _lose(lost["id"])
    for queued in store.rows("select id from workflow where status = 'queued' order by created"):
        submit(queued["id"])


def _lose(key: str) -> None:
    """Mark a workflow and its unfinished jobs as failed, and end what is left of them."""
    for job in store.rows("select * from job where workflow = ? and status in ('created', 'running', 'stopped')", key):
        if job["pid"] and process.start_time(job["pid"]) == job["pid_started"]:
            process.kill_group(job["pid"])
        jobs.append(job["id"], LOST)
        store.update("job", job["id"], status="failed", finished=store.now(), pid=None)
    _say(key, LOST, level="ERROR")
    _move(key, "running", "pending", status="failed", finished=store.now())


def submit(key: str) -> None:
    """Run a workflow when there is room."""
    _stops[key] = threading.Event()
    _pool.submit(_run, key)


def stop(key: str) -> bool:
    """Stop a workflow; False where it does not run."""
    when = store.now()
    changed = store.change(
        "update workflow set status = 'stopped', stopped = ?, finished = ? where id = ? and status in ('queued', 'pending', 'running')",
        when,
        when,
        key,
    )
    if key in _stops:
        _stops[key].set()
    return bool(changed)


def close() -> None:
    """End all jobs, because the server ends."""
    _closing.set()
    for event in list(_stops.values()):
        event.set()
    _pool.shutdown(wait=True, cancel_futures=True)


def _stopped(key: str) -> bool:
    return _stops[key].is_set()


def _move(key: str, *before: str, **values: str) -> bool:
    """Change a workflow only from the states that it may be in: a stop that came first is kept."""
    names = ", ".join(f"{name} = ?" for name in values)
    marks = ", ".join("?" * len(before))
    return bool(store.change(f"update workflow set {names} where id = ? and status in ({marks})", *values.values(), key, *before))


def _run(key: str) -> None:
    try:
        if _closing.is_set() or not _admitted(key):
            return
        status = _work(key)
        if _closing.is_set():
            _lose(key)
            return
        _say(key, f"Workflow {key} {status}. Files available at /var/reana/workflows/{key}.")
        _move(key, "running", status=status, finished=store.now())
    except Exception as error:
        _say(key, f"The server failed: {error!r}", level="ERROR")
        _move(key, "running", "pending", status="failed", finished=store.now())
        raise
    finally:
        _stops.pop(key, None)


def _admitted(key: str) -> bool:
    """From the queue by way of the start of its engine to running; False where it was stopped or deleted on the way."""
    _stops[key].wait(limits.QUEUED_SECONDS)
    if _closing.is_set() or not _move(key, "queued", status="pending"):
        return False
    _stops[key].wait(limits.PENDING_SECONDS)
    return _move(key, "pending", status="running", started=store.now())


def _work(key: str) -> str:
    """Run the jobs until one fails; the last word."""
    workflow = store.row("select * from workflow where id = ?", key)
    assert workflow is not None
    kind = json.loads(workflow["specification"])["workflow"]["type"]
    if kind != "serial":
        return engines.run(workflow, kind, lambda: _stopped(key))
    try:
        for number, job in enumerate(engines.serial(workflow)):
            _say(key, f"Publishing step:{number}, cmd: {job.cmd}, total steps {workflow['total']} to MQ")
            status = jobs.run(workflow, jobs.remember(workflow, job), job, lambda: _stopped(key))
            if status != "finished":
                return status
    except engines.Unfit as error:
        _say(key, str(error), level="ERROR")
        return "failed"
    return "finished"


def _say(key: str, text: str, level: str = "INFO") -> None:
    """A line of the engine's log, in the form that REANA's engine for serial workflows writes."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    store.change("update workflow set logs = logs || ? where id = ?", f"{now} | root | MainThread | {level} | {text}\n", key)
