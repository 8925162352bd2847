"""A specification that is sent with its files, as the newer line takes it: kept apart, loaded, judged, and put into the workspace."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from flask import request

from devstack.reana import limits, specifications, store, workspace
from devstack.reana.errors import Refusal

NAMES = ("reana.yaml", "reana.yml")


@contextmanager
def staged() -> Iterator[Path]:
    """The files of this request in a folder for the time of the block; raises Refusal."""
    if (request.content_length or 0) > limits.BUNDLE_BYTES:
        raise Refusal(400, f"Specification bundle is too large (maximum is {limits.BUNDLE_BYTES} bytes).")
    if len(request.files) > limits.BUNDLE_FILES:
        raise Refusal(400, f"Specification bundle has too many files (maximum is {limits.BUNDLE_FILES}).")
    folder = Path(tempfile.mkdtemp(prefix="bundle-", dir=limits.WORKSPACES))
    try:
        for name, file in request.files.items():
            if PurePosixPath(name).is_absolute() or ".." in name.replace("\\", "/").split("/") or "\0" in name:
                raise Refusal(400, f"Unsafe bundle path: {name}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            file.save(target)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def judged(person: store.Row, folder: Path) -> dict[str, Any]:
    """The report: whether the specification is valid, as it was loaded, errors and warnings."""
    try:
        specification = _read(folder)
        specifications.kept(specification)
        pretended = {"id": f"bundle-{uuid.uuid4()}", "owner": person["id"], "workspace": folder.name, "older": 0}
        specification = specifications.loaded_from(specification, pretended)
    except Refusal as error:
        return _report(None, [{"code": "load", "message": str(error), "path": ""}])
    try:
        specifications.require_sound(specification, {})
    except Refusal as error:
        return _report(specification, [{"code": "validation", "message": str(error), "path": ""}])
    return _report(specification, [])


def reread(workflow: store.Row) -> dict[str, Any] | None:
    """The specification as its file in the workspace has it now; None where there is none any more. Raises Refusal."""
    folder = workspace.folder(workflow)
    if not any((folder / name).is_file() for name in NAMES):
        return None
    return specifications.loaded_from(specifications.kept(_read(folder)), workflow)


def require_valid(report: dict[str, Any]) -> dict[str, Any]:
    """The loaded specification of a report; raises Refusal with what is wrong."""
    if not report["valid"]:
        raise Refusal(400, "; ".join(error["message"] for error in report["errors"]))
    found: dict[str, Any] = report["reana_specification"]
    return found


def _report(specification: dict[str, Any] | None, errors: list[dict[str, str]]) -> dict[str, Any]:
    return {"valid": not errors, "reana_specification": specification, "errors": errors, "warnings": []}


def _read(folder: Path) -> Any:
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        raise Refusal(400, f"No REANA specification file ({' or '.join(NAMES)}) found in the uploaded bundle.")
    try:
        return yaml.safe_load(file.read_text()) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(400, str(error)) from None
