"""Rows in the shapes that REANA answers with."""

import json
import re
from collections.abc import Collection
from typing import Any

from devstack.reana import face, jobs, limits, store
from devstack.reana.errors import Refusal

UNFINISHED = ("created", "queued", "pending", "running")


def full_name(workflow: store.Row) -> str:
    """The name with the run number."""
    return f"{workflow['name']}.{workflow['run_number']}"


def find(person: store.Row, wanted: str) -> store.Row:
    """A person's workflow by id, by name and run number, or by name alone (its last run)."""
    name, _, number = wanted.partition(".")
    found = (
        store.row("select * from workflow where owner = ? and id = ?", person["id"], wanted)
        or store.row("select * from workflow where owner = ? and name = ? and run_number = ?", person["id"], name, number)
        or (
            None
            if number
            else store.row("select * from workflow where owner = ? and name = ? order by created desc, rowid desc", person["id"], name)
        )
    )
    if found is None:
        raise Refusal(
            404,
            f"REANA_WORKON is set to {wanted}, but that workflow does not exist."
            " Please set your REANA_WORKON environment variable appropriately.",
        )
    return found


def job_logs(workflow: store.Row, names: Collection[str] = (), size: int = 0, number: int = 1) -> dict[str, Any]:
    """The jobs of a workflow with their logs so far; all of them, those with one of the names, or one page of them."""
    found = store.rows("select * from job where workflow = ? order by rowid", workflow["id"])
    if names:
        found = [job for job in found if job["name"] in names]
    if size:
        found = found[(number - 1) * size : number * size]
    return {
        job["id"]: {
            "workflow_uuid": workflow["id"],
            "job_name": job["name"],
            "compute_backend": job["backend"],
            "backend_job_id": f"reana-run-job-{job['id']}",
            "docker_img": job["image"],
            "cmd": job["cmd"],
            "status": job["status"],
            "logs": _log(job["id"], "job: :\n", bool(job["finished"])),
            "started_at": job["started"],
            "finished_at": job["finished"],
        }
        for job in found
    }


def engine_log(workflow: store.Row) -> str:
    """What the engine has said, and what it has printed."""
    return _log(f"engine-{workflow['id']}", workflow["logs"], workflow["status"] not in UNFINISHED)


def _log(name: str, before: str, ended: bool) -> str:
    """An output as REANA tells it: whole when all has ended; live logs come from an index that has no more than the first rows, also later."""
    if limits.LIVE_LOGS and not face.is_older():
        return before + jobs.log_text(name, limits.LIVE_LOG_ROWS)
    return before + jobs.log_text(name) if ended else ""


def times(workflow: store.Row) -> dict[str, Any]:
    """When a run began and ended."""
    return {"run_finished_at": workflow["finished"], "run_started_at": workflow["started"], "run_stopped_at": workflow["stopped"]}


def progress(workflow: store.Row) -> dict[str, Any]:
    """How far a run is. As in REANA, `running` counts the jobs that were ever running."""
    found = store.rows("select id, status from job where workflow = ? order by rowid", workflow["id"])

    def counted(*statuses: str) -> dict[str, Any]:
        keys = [job["id"] for job in found if job["status"] in statuses]
        return {"job_ids": keys, "total": len(keys)}

    return {
        "current_command": workflow["command"],
        "current_step_name": workflow["step"],
        "failed": counted("failed", "stopped"),
        "finished": counted("finished"),
        "running": counted("running", "finished", "failed", "stopped"),
        "total": {"job_ids": [], "total": workflow["total"]},
        **times(workflow),
    }


def status(workflow: store.Row) -> dict[str, Any]:
    """One workflow's state."""
    return {
        "created": workflow["created"],
        "id": workflow["id"],
        "logs": json.dumps(job_logs(workflow)),
        "name": full_name(workflow),
        "progress": progress(workflow),
        "status": workflow["status"],
        "user": workflow["owner"],
    }


def reference(workflow: store.Row, *, number: bool = True) -> dict[str, Any]:
    """The workflow that an answer is about."""
    return {"workflow_id": workflow["id"], "workflow_name": full_name(workflow) if number else workflow["name"]}


def page(items: list[Any], number: int, size: int | None, total: int) -> dict[str, Any]:
    """One page in the shape that REANA gives it, with or without a size."""
    if size is None:
        return {"has_next": False, "has_prev": False, "items": items, "page": 1, "total": total}
    first = (number - 1) * size
    return {
        "from_idx": first,
        "has_next": first + size < total,
        "has_prev": number > 1,
        "items": items,
        "links": {"next": {"page": number + 1}, "prev": {"page": number - 1}, "self": {"page": number}},
        "page": number,
        "size": size,
        "to_idx": min(first + size, total),
        "total": total,
    }


def searched(text: str | None, field: str = "name") -> list[str]:
    """The words of REANA's search parameter, a JSON object of lists."""
    if not text:
        return []
    try:
        found = json.loads(text)
        return [str(word) for word in found.get(field, [])]
    except (ValueError, AttributeError):
        raise Refusal(400, "The search parameter is not a JSON object.") from None


def workflow_name(name: str) -> str:
    """A name that REANA takes; the first character that it does not is named."""
    illegal = re.search(r"[^\w\- :]", name) if name else None
    if illegal:
        raise Refusal(403, f'Workflow name {name} contains illegal character "{illegal[0]}"')
    return name or "workflow"
