"""A workflow's files: upload, list, download, move, delete, compare."""

import difflib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue

from devstack.reana import people, shapes, store, workspace
from devstack.reana.errors import Refusal

workspaces = Blueprint("workspaces", __name__, url_prefix="/api/workflows")


def opened(wanted: str) -> tuple[store.Row, Path]:
    """A workflow of the person who calls, and its folder."""
    workflow = shapes.find(people.current(), wanted)
    folder = workspace.folder(workflow)
    if not folder.is_dir():
        raise Refusal(404, f"The workspace of {shapes.full_name(workflow)} does not exist any more.")
    return workflow, folder


@workspaces.post("/<wanted>/workspace")
def upload(wanted: str) -> ResponseReturnValue:
    """Write one file from the request's body as it comes."""
    workflow, folder = opened(wanted)
    name = request.args.get("file_name", "")
    if workflow["status"] == "deleted":
        raise Refusal(403, "The workflow is deleted.")
    path = workspace.inside(folder, name)
    if path.is_dir():
        raise Refusal(400, f"{name!r} is a folder.")
    workspace.save(path, request.stream)
    return {"message": f"{name} has been successfully uploaded."}


@workspaces.get("/<wanted>/workspace")
def listing(wanted: str) -> ResponseReturnValue:
    """The files, by page, pattern and search."""
    _workflow, folder = opened(wanted)
    pattern = request.args.get("file_name", "")
    words = shapes.searched(request.args.get("search"))
    found = workspace.matching(folder, pattern) if pattern else list(workspace.files(folder))
    if words:
        found = [path for path in found if any(word in str(path.relative_to(folder)) for word in words)]
    size = request.args.get("size", type=int)
    number = request.args.get("page", 1, type=int)
    if number < 1 or (size is not None and size < 1):
        raise Refusal(400, "Pages and sizes begin at 1.")
    part = found if size is None else found[(number - 1) * size : number * size]
    return shapes.page([workspace.entry(folder, path) for path in part], number, size, len(found))


@workspaces.get("/<wanted>/workspace/<path:name>")
def download(wanted: str, name: str) -> ResponseReturnValue:
    """One file, or a ZIP of the files that a folder or a pattern means."""
    _workflow, folder = opened(wanted)
    found = workspace.matching(folder, name)
    if not found:
        raise Refusal(404, f"{name} does not exist.")
    if len(found) == 1 and found[0].relative_to(folder) == Path(name):
        answer = send_file(found[0], mimetype="application/octet-stream", conditional=True, etag=True)
        answer.headers["Content-Disposition"] = _attachment(name)
        return answer
    return _zipped(folder, found)


def _attachment(name: str) -> str:
    """As REANA, with the path as the name; what a header may not hold is replaced."""
    plain = "".join(sign if 32 <= ord(sign) < 127 and sign not in '"\\' else "_" for sign in name)
    return f'attachment; filename="{plain}"'


def _zipped(folder: Path, found: list[Path]) -> Response:
    bundle = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in found:
            archive.write(path, path.relative_to(folder))
    bundle.seek(0)
    return send_file(bundle, mimetype="application/zip", as_attachment=True, download_name="download.zip")


@workspaces.delete("/<wanted>/workspace/<path:name>")
def delete(wanted: str, name: str) -> ResponseReturnValue:
    """Remove the files that a name, folder or pattern means."""
    _workflow, folder = opened(wanted)
    found = workspace.matching(folder, name)
    if not found:
        raise Refusal(404, f"{name} does not exist.")
    deleted: dict[str, Any] = {}
    for path in found:
        deleted[str(path.relative_to(folder))] = {"size": path.stat().st_size}
        path.unlink()
    return {"deleted": deleted, "failed": {}}


@workspaces.put("/move_files/<wanted>")
def move(wanted: str) -> ResponseReturnValue:
    """Rename within the workspace."""
    workflow, folder = opened(wanted)
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


@workspaces.get("/<wanted>/disk_usage")
def disk_usage(wanted: str) -> ResponseReturnValue:
    """How much the files take."""
    workflow, folder = opened(wanted)
    given = request.get_json(force=True, silent=True) if request.content_length else {}
    usage = workspace.disk_usage(folder)
    if isinstance(given, dict) and given.get("summarize"):
        usage = [item for item in usage if item["name"] == ""]
    return {"disk_usage_info": usage, "user": workflow["owner"], **shapes.reference(workflow, number=False)}


@workspaces.post("/<wanted>/prune")
def prune(wanted: str) -> ResponseReturnValue:
    """Remove everything that is neither an input nor an output."""
    workflow, folder = opened(wanted)
    specification = json.loads(workflow["specification"])
    keep: list[str] = []
    for part in ("inputs", "outputs"):
        if request.args.get(f"include_{part}", "false").lower() != "true":
            wanted_paths = specification.get(part) or {}
            keep += [*(wanted_paths.get("files") or []), *(wanted_paths.get("directories") or [])]
    for path in list(workspace.files(folder)):
        name = path.relative_to(folder)
        if not any(name.is_relative_to(item.rstrip("/")) for item in keep):
            path.unlink()
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
    names = [{str(path.relative_to(root)) for path in workspace.files(root)} for root in (here, there)]
    said = [f"Only in {first}: {name}" for name in sorted(names[0] - names[1])]
    said += [f"Only in {second}: {name}" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        before, after = (here / name).read_bytes(), (there / name).read_bytes()
        if before == after:
            continue
        if brief or b"\0" in before + after:
            said.append(f"Files {first}/{name} and {second}/{name} differ")
        else:
            one, other = (content.decode(errors="replace").splitlines() for content in (before, after))
            said += difflib.unified_diff(one, other, f"{first}/{name}", f"{second}/{name}", n=lines, lineterm="")
    return "\n".join(said) + ("\n" if said else "")
