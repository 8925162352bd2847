"""A workflow's files: upload, list, download, move, delete, compare."""

import difflib
import io
import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue

from devstack.reana import face, limits, people, quotas, shapes, store, workspace
from devstack.reana.errors import Refusal

workspaces = Blueprint("workspaces", __name__, url_prefix="/api/workflows")


def opened(id_or_name: str) -> tuple[store.Row, Path]:
    """A workflow of the person who calls, and its folder."""
    workflow = shapes.find(people.current(), id_or_name)
    folder = workspace.folder(workflow)
    if not folder.is_dir():
        raise Refusal(404, "Workspace does not exist.")
    return workflow, folder


@workspaces.post("/<id_or_name>/workspace")
def upload(id_or_name: str) -> ResponseReturnValue:
    """Write one file from the request's body. Version 0.9 stands behind uWSGI, which reads a body without a length as an empty one."""
    _workflow, folder = opened(id_or_name)
    quotas.require_room(people.current())
    name = request.args.get("file_name", "")
    if not name:
        raise Refusal(400, "No file_name provided", own=True)
    if "application/octet-stream" not in request.headers.get("Content-Type", ""):
        raise Refusal(400, f"Wrong Content-Type {request.headers.get('Content-Type')} use application/octet-stream")
    lost = face.is_older() and request.content_length is None
    workspace.save(folder, name, io.BytesIO() if lost else request.stream)
    return {"message": f"{name} has been successfully uploaded."}


@workspaces.get("/<id_or_name>/workspace")
def listing(id_or_name: str) -> ResponseReturnValue:
    """The files, by page, pattern and search."""
    _workflow, folder = opened(id_or_name)
    pattern = request.args.get("file_name", "")
    wanted = {field: shapes.searched(request.args.get("search"), field) for field in ("name", "size", "last-modified")}
    names = workspace.matching(folder, pattern) if pattern else workspace.files(folder)
    if any(wanted.values()):
        names = [name for name in names if _is_meant(workspace.entry(folder, name), wanted)]
    if len(names) > limits.WORKSPACE_FILES:
        hint = "Please use more specific filters to narrow the results. Available filters: file name, size, or last-modified."
        raise Refusal(400, f"Too many files to display (limit={limits.WORKSPACE_FILES}). {hint}")
    size = request.args.get("size", type=int)
    number = request.args.get("page", 1, type=int)
    if number < 1 or (size is not None and size < 1):
        raise Refusal(400, "Pages and sizes begin at 1.")
    part = names if size is None else names[(number - 1) * size : number * size]
    return shapes.page([workspace.entry(folder, name) for name in part], number, size, len(names))


def _is_meant(entry: dict[str, Any], wanted: dict[str, list[str]]) -> bool:
    """Whether each word that is searched for is in its field, in whatever case."""
    said = {"name": entry["name"], "size": str(entry["size"]["raw"]), "last-modified": entry["last-modified"]}
    return all(word.casefold() in said[field].casefold() for field, words in wanted.items() for word in words)


@workspaces.get("/<id_or_name>/workspace/<path:name>")
def download(id_or_name: str, name: str) -> ResponseReturnValue:
    """One file, or a ZIP of the files that a folder or a pattern means."""
    workflow, folder = opened(id_or_name)
    name = workspace.handed_on(name)
    names = workspace.matching(folder, name)
    if not names:
        raise Refusal(404, f"{name} does not exist.")
    if len(names) == 1 and not workspace.is_folder(folder, name):
        content = workspace.opened(folder, names[0])
        return send_file(content, mimetype="application/octet-stream", as_attachment=True, download_name=names[0])
    return _zipped(workflow, folder, name, names)


def _zipped(workflow: store.Row, folder: Path, name: str, names: list[str]) -> Response:
    bundle = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in names:
            with workspace.opened(folder, each) as content:
                archive.writestr(each, content.read())
    bundle.seek(0)
    when = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
    title = f"download_{shapes.full_name(workflow)}_{Path(name).name}_{when}.zip"
    return send_file(bundle, mimetype="application/zip", as_attachment=True, download_name=title)


@workspaces.delete("/<id_or_name>/workspace/<path:name>")
def delete(id_or_name: str, name: str) -> ResponseReturnValue:
    """Remove the files that a name, folder or pattern means."""
    _workflow, folder = opened(id_or_name)
    names = workspace.matching(folder, name)
    if not names:
        raise Refusal(404, f"{name} does not exist.")
    deleted: dict[str, Any] = {}
    for each in names:
        deleted[each] = {"size": (folder / each).lstat().st_size}
        (folder / each).unlink()
    return {"deleted": deleted, "failed": {}}


@workspaces.put("/move_files/<id_or_name>")
def move(id_or_name: str) -> ResponseReturnValue:
    """Rename within the workspace."""
    workflow, folder = opened(id_or_name)
    source, target = request.args.get("source", ""), request.args.get("target", "")
    if workflow["status"] == "running":
        raise Refusal(400, "Workflow is running, files can not be moved")
    before, after = workspace.inside(folder, source), workspace.inside(folder, target)
    if not before.exists():
        raise Refusal(404, f"Path {source} does not exist")
    if after.exists() and not after.is_dir():
        raise Refusal(409, f"Path {target} exists already")
    after.parent.mkdir(parents=True, exist_ok=True)
    before.rename(after / before.name if after.is_dir() else after)
    return {"message": f"File(s) {source} were successfully moved", **shapes.reference(workflow)}


@workspaces.get("/<id_or_name>/disk_usage")
def disk_usage(id_or_name: str) -> ResponseReturnValue:
    """How much the files take."""
    workflow, folder = opened(id_or_name)
    options = request.get_json(force=True, silent=True) if request.content_length else {}
    usage = workspace.disk_usage(folder)
    if isinstance(options, dict) and options.get("summarize"):
        usage = [item for item in usage if item["name"] == ""]
    return {"disk_usage_info": usage, "user": workflow["owner"], **shapes.reference(workflow, number=False)}


@workspaces.post("/<id_or_name>/prune")
def prune(id_or_name: str) -> ResponseReturnValue:
    """Remove everything that is neither an input nor an output."""
    workflow, folder = opened(id_or_name)
    specification = json.loads(workflow["specification"])
    keep: list[str] = []
    for part in ("inputs", "outputs"):
        if request.args.get(f"include_{part}", "false").lower() != "true":
            wanted_paths = specification.get(part) or {}
            keep += [*(wanted_paths.get("files") or []), *(wanted_paths.get("directories") or [])]
    for name in workspace.files(folder):
        if not any(Path(name).is_relative_to(item.rstrip("/")) for item in keep):
            (folder / name).unlink()
    return {"message": "The workspace has been correctly pruned.", **shapes.reference(workflow, number=False)}


@workspaces.get("/<first>/diff/<second>")
def diff(first: str, second: str) -> ResponseReturnValue:
    """What differs between two workflows: the specification by section, and the files."""
    one, here = opened(first)
    other, there = opened(second)
    lines = request.args.get("context_lines", 5, type=int)
    before, after = json.loads(one["specification"]), json.loads(other["specification"])
    sections = {
        name: _differences(before.get(name), after.get(name), lines) for name in ("version", "inputs", "workflow", "outputs", "tests")
    }
    brief = request.args.get("brief", "false").lower() == "true"
    files = _files_apart(here, shapes.full_name(one), there, shapes.full_name(other), brief, lines)
    return jsonify({"reana_specification": json.dumps(sections), "workspace_listing": json.dumps(files)})


def _differences(before: Any, after: Any, lines: int) -> list[str]:
    one, other = (json.dumps(item, indent=1, sort_keys=True).splitlines() for item in (before, after))
    return list(difflib.unified_diff(one, other, n=lines, lineterm=""))[2:]


def _files_apart(here: Path, first: str, there: Path, second: str, brief: bool, lines: int) -> str:
    names = [set(workspace.files(root)) for root in (here, there)]
    differences = [f"Only in {first}: {name}" for name in sorted(names[0] - names[1])]
    differences += [f"Only in {second}: {name}" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        before, after = (here / name).read_bytes(), (there / name).read_bytes()
        if before == after:
            continue
        if brief or b"\0" in before + after:
            differences.append(f"Files {first}/{name} and {second}/{name} differ")
        else:
            one, other = (content.decode(errors="replace").splitlines() for content in (before, after))
            differences += difflib.unified_diff(one, other, f"{first}/{name}", f"{second}/{name}", n=lines, lineterm="")
    return "\n".join(differences) + ("\n" if differences else "")
