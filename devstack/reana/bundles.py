"""A specification that is sent with its files, as the newer line takes it: one ZIP, kept apart, loaded, judged, and put into the workspace.

As the description of the API in reana-commons 0.95.0a26 and reana-client's `validate` have it (`workflow-specification-bundles-v1`).
"""

import shutil
import stat
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from flask import request

from devstack.reana import limits, specifications, store, workspace
from devstack.reana.errors import Refusal

CAPABILITY = "workflow-specification-bundles-v1"
NAME = "reana.yaml"
OVERHEAD = 1024 * 1024  # bytes of a request besides the files
MAX_ENTRIES = 100  # errors and warnings of one report


@contextmanager
def staged() -> Iterator[Path]:
    """The files of this request in a folder for the time of the block; raises Refusal."""
    if (request.content_length or 0) > limits.BUNDLE_BYTES + OVERHEAD:
        raise _too_large()
    if set(request.files) != {"bundle"} or len(request.files.getlist("bundle")) != 1:
        raise Refusal(400, "Exactly one specification bundle must be provided in the field 'bundle'.")
    folder = Path(tempfile.mkdtemp(prefix="bundle-", dir=limits.WORKSPACES))
    try:
        with zipfile.ZipFile(request.files["bundle"].stream) as archive:
            _unpack(archive, folder)
        yield folder
    except zipfile.BadZipFile:
        raise Refusal(400, "The specification bundle is not a ZIP archive.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write its files: regular ones with safe names, each once, stored as they are."""
    members = archive.infolist()
    if len(members) > limits.BUNDLE_FILES:
        raise Refusal(400, f"Specification bundle has too many files (maximum is {limits.BUNDLE_FILES}).")
    if sum(member.file_size for member in members) > limits.BUNDLE_BYTES:
        raise _too_large()
    names = [member.filename for member in members]
    if NAME not in names:
        raise Refusal(400, f"Specification bundle is missing canonical {NAME}.")
    if len(set(names)) != len(names):
        raise Refusal(400, "Specification bundle has a file twice.")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise Refusal(400, f"Specification bundle is compressed or encrypted: {member.filename}")
        if member.is_dir() or stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG) or _is_unsafe(member.filename):
            raise Refusal(400, f"Unsafe bundle path: {member.filename}")
        target = folder / member.filename
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
        except OSError:  # a file where another one needs a folder
            raise Refusal(400, f"Unsafe bundle path: {member.filename}") from None


def _is_unsafe(name: str) -> bool:
    return PurePosixPath(name).is_absolute() or "\\" in name or any(part in ("", ".", "..") for part in name.split("/"))


def _too_large() -> Refusal:
    return Refusal(413, f"Specification bundle is too large (maximum is {limits.BUNDLE_BYTES} bytes).")


def judged(person: store.Row, folder: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The report (whether the specification is valid, errors, warnings), and the specification as it was loaded, where it was."""
    try:
        specification = _read(folder)
        specifications.kept(specification)
        pretended = {"id": f"bundle-{uuid.uuid4()}", "owner": person["id"], "workspace": folder.name, "older": 0}
        specification = specifications.loaded_from(specification, pretended)
    except Refusal as error:
        return _report([{"code": "load", "message": str(error), "path": ""}], []), None
    return _report(*specifications.findings(specification)), specification


def reread(workflow: store.Row) -> dict[str, Any] | None:
    """The specification as its file in the workspace has it now; None where there is none any more. Raises Refusal."""
    folder = workspace.folder(workflow)
    if not (folder / NAME).is_file():
        return None
    return specifications.loaded_from(specifications.kept(_read(folder)), workflow)


def require_valid(judgement: tuple[dict[str, Any], dict[str, Any] | None]) -> dict[str, Any]:
    """The loaded specification; raises Refusal with what is wrong."""
    report, specification = judgement
    if not report["valid"] or specification is None:
        raise Refusal(400, "; ".join(error["message"] for error in report["errors"]))
    return specification


def _report(errors: list[dict[str, str]], warnings: list[dict[str, str]]) -> dict[str, Any]:
    return {"valid": not errors, "errors": errors[:MAX_ENTRIES], "warnings": warnings[: MAX_ENTRIES - len(errors)]}


def _read(folder: Path) -> Any:
    try:
        return yaml.safe_load((folder / NAME).read_text()) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(400, f"Could not load the REANA specification: {error}") from None
