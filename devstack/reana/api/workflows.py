"""Workflows: create, read, start, stop and delete."""

import json
import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from reana_commons.validation.operational_options import validate_operational_options

from devstack.reana import bundles, engines, face, limits, people, quotas, runner, shapes, specifications, store, workspace
from devstack.reana.errors import Refusal

workflows = Blueprint("workflows", __name__, url_prefix="/api/workflows")


def body() -> dict[str, Any]:
    """The JSON object that was sent, or an empty one."""
    content = request.get_json(force=True, silent=True) if request.content_length else {}
    if not isinstance(content, dict):
        raise Refusal(400, "The request body is not a JSON object.")
    return content


@workflows.post("")
def create() -> ResponseReturnValue:
    """A workflow; the same name again gives the next run number. The newer line takes the specification also with its files."""
    person = people.current()
    quotas.require_room(person)
    name = shapes.workflow_name(request.args.get("workflow_name", ""))
    if request.files and face.takes_bundles():
        with bundles.staged() as folder:
            return _created(person, name, bundles.require_valid(bundles.judged(person, folder)), folder)
    return _created(person, name, specifications.kept(body()))


def _created(person: store.Row, name: str, specification: dict[str, Any], bundle: Path | None = None) -> ResponseReturnValue:
    """Keep it with its workspace, which is empty or begins with the files that were sent."""
    key = str(uuid.uuid4())
    number = _insert(person, key, name, json.dumps(specification), bundled=bundle is not None)
    place = limits.WORKSPACES / key
    shutil.copytree(bundle, place) if bundle else place.mkdir(parents=True)
    return {"message": "Workflow workspace created", "workflow_id": key, "workflow_name": f"{name}.{number}"}, 201


@workflows.post("/validate")
def validate() -> ResponseReturnValue:
    """What the newer line says of a specification that is sent with its files; nothing is kept."""
    person = people.current()
    if not face.takes_bundles():
        raise Refusal(405, "The method is not allowed for the requested URL.")
    with bundles.staged() as folder:
        return bundles.judged(person, folder)[0]


def _insert(person: store.Row, key: str, name: str, specification: str, *, bundled: bool) -> int:
    """Take the next free run number, also when two create at once."""
    for _attempt in range(20):
        newest = store.row("select max(cast(run_number as integer)) as last from workflow where owner = ? and name = ?", person["id"], name)
        number = int((newest and newest["last"]) or 0) + 1
        values = {
            "id": key,
            "owner": person["id"],
            "name": name,
            "run_number": str(number),
            "workspace": key,
            "specification": specification,
            "older": face.is_older(),
            "bundled": bundled,
        }
        try:
            store.insert("workflow", {**values, "created": store.now()})
        except sqlite3.IntegrityError:
            continue
        return number
    raise Refusal(500, "No run number could be given.")


@workflows.get("/<id_or_name>/status")
def status(id_or_name: str) -> ResponseReturnValue:
    """One workflow's state and progress."""
    return shapes.status(shapes.find(people.current(), id_or_name))


@workflows.get("/<id_or_name>/logs")
def logs(id_or_name: str) -> ResponseReturnValue:
    """The logs, one JSON however long; pages and names choose among the jobs. Those of a job grow while it runs where the server offers that."""
    workflow = shapes.find(people.current(), id_or_name)
    steps = request.get_json(force=True, silent=True) if request.content_length else None
    names = [str(name) for name in steps] if isinstance(steps, list) else []
    size, number = request.args.get("size", 0, type=int), request.args.get("page", 1, type=int)
    if size < 0 or number < 1:
        raise Refusal(400, "Pages and sizes begin at 1.")
    inside = {
        "workflow_logs": None if names else shapes.engine_log(workflow),
        "job_logs": shapes.job_logs(workflow, names, size, number),
        "engine_specific": None,
    }
    answer = {"user": workflow["owner"], **shapes.reference(workflow)}
    if not face.is_older():
        inside["service_logs"] = {}
        answer["live_logs_enabled"] = limits.LIVE_LOGS
    return {**answer, "logs": json.dumps(inside)}


@workflows.get("/<id_or_name>/parameters")
def parameters(id_or_name: str) -> ResponseReturnValue:
    """The parameters that the workflow has run, or would run, with."""
    workflow = shapes.find(people.current(), id_or_name)
    kind = json.loads(workflow["specification"])["workflow"]["type"]
    return {"id": workflow["id"], "name": shapes.full_name(workflow), "parameters": engines.parameters(workflow), "type": kind}


@workflows.get("/<id_or_name>/specification")
def specification(id_or_name: str) -> ResponseReturnValue:
    """The specification as it was given, and the parameters given at the start."""
    workflow = shapes.find(people.current(), id_or_name)
    return {"parameters": json.loads(workflow["parameters"]), "specification": json.loads(workflow["specification"])}


@workflows.get("/<id_or_name>/retention_rules")
def retention_rules(id_or_name: str) -> ResponseReturnValue:
    """How long files are kept; nothing is removed by itself here."""
    workflow = shapes.find(people.current(), id_or_name)
    return {"retention_rules": specifications.retention_rules(workflow), **shapes.reference(workflow)}


@workflows.post("/<id_or_name>/start")
def start(id_or_name: str) -> ResponseReturnValue:
    """Queue a workflow once; with `restart`, a further run in the same workspace."""
    person = people.current()
    workflow = shapes.find(person, id_or_name)
    quotas.require_room(person)
    request_body = body()
    options = request_body.get("operational_options") or {}
    values = request_body.get("input_parameters") or {}
    if not isinstance(options, dict) or not isinstance(values, dict):
        raise Refusal(400, "Parameters and options are JSON objects.")
    kind = json.loads(workflow["specification"])["workflow"]["type"]
    with specifications.refusing():
        validate_operational_options(kind, options)
    if request_body.get("restart"):
        workflow = _again(person, workflow, request_body.get("reana_specification"))
    elif workflow["status"] != "created":
        raise Refusal(403, f"Workflow {shapes.full_name(workflow)} is already {workflow['status']} and cannot be started again.")
    found = (workflow["bundled"] and bundles.reread(workflow)) or specifications.loaded(workflow)
    specifications.require_sound(found, values)
    changed = store.change(
        "update workflow set status = 'queued', specification = ?, parameters = ?, options = ? where id = ? and status = 'created'",
        json.dumps(found), json.dumps(values), json.dumps(options), workflow["id"],
    )  # fmt: skip
    if not changed:
        raise Refusal(403, f"Workflow {shapes.full_name(workflow)} is already queued and cannot be started again.")
    queued = shapes.find(person, workflow["id"])
    try:
        store.update("workflow", workflow["id"], total=engines.count(queued))
    except engines.Unfit as error:
        store.update("workflow", workflow["id"], status="created")
        raise Refusal(400, str(error)) from None
    runner.submit(workflow["id"])
    answer = {"message": "Workflow submitted.", "run_number": workflow["run_number"], "status": "queued", "user": person["id"]}
    return {**answer, **shapes.reference(workflow, number=False)}


def _again(person: store.Row, workflow: store.Row, specification: Any) -> store.Row:
    """A restart is a new workflow in the same workspace, whose files it writes over, numbered 1.1, 1.2 and so on."""
    if workflow["status"] not in ("finished", "failed"):
        raise Refusal(403, "Only finished or failed workflows can be restarted.")
    found = specifications.kept(specification) if specification else json.loads(workflow["specification"])
    if specification:
        found = specifications.loaded_from(found, {**dict(workflow), "older": face.is_older()})
    specifications.require_sound(found, {})
    whole = str(workflow["run_number"]).split(".")[0]
    siblings = store.rows("select run_number from workflow where owner = ? and name = ?", person["id"], workflow["name"])
    last = max(int((str(item["run_number"]) + ".0").split(".")[1]) for item in siblings if str(item["run_number"]).split(".")[0] == whole)
    key = str(uuid.uuid4())
    values = {"id": key, "owner": person["id"], "name": workflow["name"], "run_number": f"{whole}.{last + 1}", "older": face.is_older()}
    store.insert("workflow", {**values, "workspace": workflow["workspace"], "specification": json.dumps(found), "created": store.now()})
    return shapes.find(person, key)


@workflows.put("/<id_or_name>/status")
def set_status(id_or_name: str) -> ResponseReturnValue:
    """Start, stop or delete."""
    person = people.current()
    workflow = shapes.find(person, id_or_name)
    status = request.args.get("status", "")
    if status == "start":
        return start(id_or_name)
    if status == "stop":
        if not runner.stop(workflow["id"]):
            raise Refusal(409, f"Workflow {workflow['id']} is not running.")
        word, name = "stopped", "stopped"
    elif status == "deleted":
        _delete(person, workflow)
        word, name = "deleted", "deleted"
    else:
        raise Refusal(400, f"The status cannot be set to {status!r}.")
    return {"message": f"Workflow successfully {word}.", "status": name, "user": person["id"], **shapes.reference(workflow)}


def _delete(person: store.Row, workflow: store.Row) -> None:
    """Mark as deleted, all runs of the name that do not run where asked, and remove the files, which REANA does always."""
    options = body()
    if not options.get("workspace", True):
        raise Refusal(400, "Workspace must always be deleted when deleting a workflow.")
    if workflow["status"] == "running":
        raise Refusal(409, f"Workflow {shapes.full_name(workflow)} cannot be deleted as it is currently running.")
    doomed = [workflow]
    if options.get("all_runs"):
        sql = "select * from workflow where owner = ? and name = ? and status != 'running'"
        doomed = store.rows(sql, person["id"], workflow["name"])
    for item in doomed:
        store.update("workflow", item["id"], status="deleted")
        workspace.remove(workspace.folder(item))


@workflows.post("/<id_or_name>/open/<kind>")
def open_session(id_or_name: str, kind: str) -> ResponseReturnValue:
    """Interactive sessions are the notebook service's work here, so this says no."""
    shapes.find(people.current(), id_or_name)
    raise Refusal(501, f"Interactive sessions of type {kind} are not offered by this demonstration server.")
