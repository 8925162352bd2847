"""Is a specification one that this server keeps and runs? What is asked when, and the words of the refusals, are REANA's.

Version 0.9 keeps what a client has loaded and checks it at the start. The newer line reads the files in the workspace itself at the start
where none were sent, and whole specifications sent with their files (see bundles) at once.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from jsonschema.exceptions import ValidationError
from reana_commons.errors import REANAValidationError
from reana_commons.validation.compute_backends import build_compute_backends_validator
from reana_commons.validation.operational_options import validate_operational_options
from reana_commons.validation.parameters import build_parameters_validator
from reana_commons.validation.utils import validate_reana_yaml, validate_workspace

from devstack.reana import engines, facts, store
from devstack.reana.errors import Refusal

Specification = dict[str, Any]


@contextmanager
def refusing() -> Iterator[None]:
    """What REANA's own functions find wrong is refused in their words; what they do not expect, as a real server says it."""
    try:
        yield
    except (REANAValidationError, ValidationError) as error:
        raise Refusal(400, str(error)) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise Refusal(500, str(error)) from None


def kept(given: Any) -> Specification:
    """The specification that a create brings, as far as it is looked at there; raises Refusal."""
    specification = given.get("reana_specification", given) if isinstance(given, dict) else given
    if not isinstance(specification, dict) or not isinstance(specification.get("workflow"), dict):
        raise Refusal(400, "The request holds no REANA specification.")
    kind = specification["workflow"].get("type")
    if kind not in engines.KINDS:
        raise Refusal(500, "Unknown workflow type.")
    with refusing():
        validate_operational_options(kind, _part(specification, "inputs").get("options") or {})
        _require_workspace(specification)
        _require_paths(specification)
    return specification


def require_sound(specification: Specification, values: dict[str, Any]) -> None:
    """What is asked before a workflow is queued; raises Refusal."""
    with refusing():
        validate_reana_yaml(specification)
        _require_known(values, _part(specification, "inputs").get("parameters") or {})
        for _code, check in _policy(specification):
            check()


def _policy(specification: Specification) -> list[tuple[str, Callable[[], object]]]:
    """What is looked at after the schema, by the codes of reports."""
    options, backends = _part(specification, "inputs").get("options") or {}, facts.facts()["compute_backends"]
    return [
        ("operational_options", lambda: validate_operational_options(specification["workflow"]["type"], options)),
        ("compute_backend", lambda: build_compute_backends_validator(specification, backends).validate()),
        ("workspace", lambda: _require_workspace(specification)),
        ("input_path", lambda: _require_paths(specification)),
        ("image_not_allowed", lambda: _require_vetted(specification)),
    ]


def findings(specification: Specification) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Errors and warnings of a loaded specification, each with its code and, where the schema has one, its place."""
    try:
        noticed = validate_reana_yaml(specification)
    except ValidationError as error:
        return [{"code": "schema", "message": error.message, "path": ".".join(map(str, error.absolute_path))}], []
    warnings = [
        {"code": code, "message": f"Unexpected property '{found['property']}'" if "property" in found else found["message"], "path": found["path"]}
        for code, many in noticed.items()
        for found in many
    ]  # fmt: skip
    errors = []
    for code, check in [("parameters", lambda: warnings.extend(_of_parameters(specification))), *_policy(specification)]:
        try:
            with refusing():
                check()
        except Refusal as error:
            errors.append({"code": code, "message": str(error), "path": ""})
    return errors, warnings


def _of_parameters(specification: Specification) -> list[dict[str, str]]:
    """REANA's warnings. Those of CWL would need a command with the file's name in it; cwltool has seen the workflow when it was loaded."""
    if specification["workflow"]["type"] == "cwl":
        return []
    validator = build_parameters_validator(specification)
    validator.validate_parameters()
    found = [*validator.reana_params_warnings, *validator.workflow_params_warnings, *validator.operations_warnings]
    return [{"code": "parameters", "message": str(item["message"]), "path": ""} for item in found]


def loaded(workflow: store.Row) -> Specification:
    """The specification of a workflow as it is to run; raises Refusal."""
    return loaded_from(json.loads(workflow["specification"]), workflow)


def loaded_from(specification: Specification, workflow: Mapping[str, Any] | store.Row) -> Specification:
    """The specification with what the workflow's own files say, read from its workspace where the dialect does that; raises Refusal."""
    part = specification["workflow"]
    if part["type"] == "serial":
        return specification
    if workflow["older"] and part["type"] != "yadage":
        return specification
    if not workflow["older"] and part.get("specification"):
        return specification
    try:
        found = engines.load(workflow, specification)
    except engines.Unfit as error:
        raise Refusal(500 if workflow["older"] else 400, str(error)) from None
    part["specification"] = found["specification"]
    if part["type"] in ("cwl", "snakemake"):
        specification.setdefault("inputs", {})["parameters"] = found["parameters"]
    return specification


def retention_rules(workflow: store.Row) -> list[dict[str, Any]]:
    """How long the files of a workspace are kept, as the specification says; nothing is removed by itself here."""
    days = _part(json.loads(workflow["specification"]), "workspace").get("retention_days") or {}
    most = facts.facts()["maximum_workspace_retention_period"]
    if most:
        days = {**days, "**/*": int(most)}
    status = "active" if workflow["finished"] else "created"
    return [
        {"id": str(number), "workspace_files": pattern, "retention_days": kept_for, "apply_on": None, "status": status}
        for number, (pattern, kept_for) in enumerate(days.items(), 1)
    ]


def _part(specification: Specification, name: str) -> dict[str, Any]:
    found = specification.get(name)
    return found if isinstance(found, dict) else {}


def _require_known(values: dict[str, Any], known: dict[str, Any]) -> None:
    for name in values:
        if name not in known:
            raise REANAValidationError(f'Input parameter "{name}" is not present in reana.yaml')


def _require_workspace(specification: Specification) -> None:
    root, available = _part(specification, "workspace").get("root_path"), facts.facts()["workspaces_available"]
    if root:
        validate_workspace(root, available or [facts.facts()["default_workspace"]])


def _require_paths(specification: Specification) -> None:
    inputs = _part(specification, "inputs")
    paths = [PurePosixPath(path) for path in [*(inputs.get("files") or []), *(inputs.get("directories") or [])]]
    for path in paths:
        if path.is_absolute():
            raise REANAValidationError(f"Input path cannot be absolute: {path}")
        if not path.parts:
            raise REANAValidationError("Input path cannot be empty")
        if ".." in path.parts:
            raise REANAValidationError(f"Input path cannot contain '..': {path}")
    for one, other in itertools.permutations(paths, 2):
        if one == other:
            raise REANAValidationError(f"Input path declared multiple times: {one}")
        if one.is_relative_to(other):
            raise REANAValidationError(f"Duplicate input paths '{other}' and '{one}' found. Please deduplicate inputs first.")


def _require_vetted(specification: Specification) -> None:
    if not facts.facts()["vetted_container_images_enabled"]:
        return
    for image in images(specification["workflow"].get("specification")):
        if image not in facts.facts()["vetted_container_images_allowlist"]:
            raise REANAValidationError(f"Image not allowed: {image}")


def images(node: Any) -> list[str]:
    """All images that a loaded workflow names, however its engine writes them."""
    if isinstance(node, list):
        return [image for item in node for image in images(item)]
    if not isinstance(node, dict):
        return []
    found = [node[name] for name in ("environment", "dockerPull") if isinstance(node.get(name), str) and node[name]]
    if isinstance(node.get("image"), str):
        found.append(f"{node['image']}:{node['imagetag']}" if node.get("imagetag") else node["image"])
    return found + [image for item in node.values() for image in images(item)]
