"""The list of a person's workflows."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from devstack.reana import face, people, shapes, store, workspace
from devstack.reana.errors import Refusal

lists = Blueprint("lists", __name__, url_prefix="/api/workflows")
IN_A_LIST = "id, owner, name, run_number, workspace, status, created, started, finished, stopped, total, command, step, session"
KNOWN_STATUSES = ("created", "queued", "pending", "running", "finished", "failed", "stopped", "deleted")


def flag(name: str, default: str = "false") -> bool:
    """A yes or no in the query."""
    return request.args.get(name, default).lower() == "true"


@lists.get("")
def listing() -> ResponseReturnValue:
    """A person's workflows, the newest first."""
    person = people.current()
    if request.args.get("type", "batch") not in ("batch", "interactive"):
        raise Refusal(400, "The type is batch or interactive.")
    rows = [item for item in _selected(person) if request.args.get("type") != "interactive" or item["session"]]
    size = request.args.get("size", type=int)
    number = request.args.get("page", 1, type=int)
    if number < 1 or (size is not None and size < 1):
        raise Refusal(400, "Pages and sizes begin at 1.")
    part = rows if size is None else rows[(number - 1) * size : number * size]
    answer = shapes.page([_line(person, item) for item in part], number, size, len(rows))
    return {**answer, "user_has_workflows": bool(store.row("select 1 from workflow where owner = ?", person["id"]))}


def _selected(person: store.Row) -> list[store.Row]:
    statuses = [word for item in request.args.getlist("status") for word in item.split(",") if word]
    unknown = [word for word in statuses if word not in KNOWN_STATUSES]
    if unknown:
        raise Refusal(400, f"Unknown status {unknown[0]!r}.")
    order = "created" if request.args.get("sort") == "asc" else "created desc"
    rows = store.rows(
        f"select {IN_A_LIST} from workflow where owner = ? order by {order}, rowid {order.removeprefix('created')}", person["id"]
    )
    words = [word.lower() for word in shapes.searched(request.args.get("search"))]
    id_or_name = request.args.get("workflow_id_or_name")
    return [
        item
        for item in rows
        if (not statuses or item["status"] in statuses)
        and (not words or any(word in item["name"].lower() for word in words))
        and (not id_or_name or id_or_name in (item["id"], item["name"], shapes.full_name(item)))
    ]


def _line(person: store.Row, workflow: store.Row) -> dict[str, Any]:
    measured = flag("include_workspace_size") and workflow["status"] != "deleted"
    line = {
        "created": workflow["created"],
        "id": workflow["id"],
        "launcher_url": None,
        "name": shapes.full_name(workflow),
        "progress": shapes.progress(workflow) if flag("include_progress") else shapes.times(workflow),
        "size": workspace.size(workspace.total(workspace.folder(workflow))) if measured else {"human_readable": "", "raw": -1},
        "status": workflow["status"],
        "user": workflow["owner"],
    }
    if not face.is_older():
        line |= {"owner_email": person["email"], "services": [], "shared_with": []}
    return line if request.args.get("type") != "interactive" else {**line, **_session(workflow)}


def _session(workflow: store.Row) -> dict[str, Any]:
    return {"session_status": "created", "session_type": workflow["session"], "session_uri": f"/{workflow['id']}"}
