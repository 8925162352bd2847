"""The checks that `reana-client validate` prints, without running anything of what is checked.

reana-client executes a Snakefile to read it, in the process that asks. Here a specification is data: the same functions of
reana-commons look at it, and where they would need the workflow's own files to be run, the check says that it was not done.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reana_commons.errors import REANAValidationError
from reana_commons.validation.compute_backends import build_compute_backends_validator
from reana_commons.validation.operational_options import validate_operational_options
from reana_commons.validation.parameters import build_parameters_validator
from reana_commons.validation.utils import ValidationError, validate_reana_yaml

State = Literal["ok", "warning", "error"]
FILE, PARAMETERS, COMMANDS, OPERATIONS, BACKENDS = (
    "Specification file", "Parameters", "Workflow parameters and commands", "Dangerous operations", "Compute backends",
)  # fmt: skip
DEFAULT_BACKENDS = ("kubernetes",)
NOT_EXECUTED = "Not looked at: reading a {} workflow means running its file, and that is done only where the workflow runs."


@dataclass(frozen=True)
class Check:
    """One line of the validation."""

    name: str
    state: State
    messages: tuple[str, ...]


def validate(specification: Mapping[str, Any], backends: Sequence[str] = DEFAULT_BACKENDS) -> list[Check]:
    """All checks of a specification, in reana-client's order; the first one's error ends the list, as it does there."""
    content = copy.deepcopy(dict(specification))
    file = _file(content)
    if file.state == "error":
        return [file]
    kind = content["workflow"]["type"]
    if kind != "serial":
        message = (NOT_EXECUTED.format(kind.capitalize() if kind != "cwl" else "CWL"),)
        return [file, *(Check(name, "ok", message) for name in (PARAMETERS, COMMANDS, OPERATIONS, BACKENDS))]
    return [file, *_parameters(content), _backends(content, backends)]


def _file(content: dict[str, Any]) -> Check:
    try:
        warnings = validate_reana_yaml(content)
        if content.get("inputs", {}).get("options"):
            validate_operational_options(content["workflow"]["type"], content["inputs"]["options"])
    except ValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return Check(FILE, "error", (f"{error.message}{f' (at {place})' if place else ''}",))
    except REANAValidationError as error:
        return Check(FILE, "error", (error.message,))
    except Exception:  # noqa: BLE001 -- reana-commons checks types by using them
        return Check(FILE, "error", ("This is not a REANA specification.",))
    if not warnings:
        return Check(FILE, "ok", ("Valid REANA specification file.",))
    return Check(FILE, "warning", tuple(_warning(key, value) for key, values in warnings.items() for value in values))


def _warning(key: str, value: Mapping[str, str]) -> str:
    place = f" (at {value['path']})" if value["path"] else ""
    if key == "additional_properties":
        return f"Unexpected property '{value['property']}'{place}."
    return f"{value['message']}{place}."


def _parameters(content: dict[str, Any]) -> list[Check]:
    validator = build_parameters_validator(content)
    error = ""
    try:
        validator.validate_parameters()
    except REANAValidationError as refusal:
        error = str(refusal)
    checks = [
        _from_warnings(PARAMETERS, validator.reana_params_warnings, "REANA specification parameters appear valid."),
        _from_warnings(COMMANDS, validator.workflow_params_warnings, "Workflow parameters and commands appear valid."),
        _from_warnings(OPERATIONS, validator.operations_warnings, "Workflow operations appear valid."),
    ]
    return [*checks, Check(COMMANDS, "error", (error,))] if error else checks


def _from_warnings(name: str, warnings: Sequence[Mapping[str, str]], good: str) -> Check:
    if not warnings:
        return Check(name, "ok", (good,))
    return Check(name, "warning", tuple(sorted(str(item["message"]) for item in warnings)))


def _backends(content: dict[str, Any], backends: Sequence[str]) -> Check:
    try:
        build_compute_backends_validator(content, list(backends)).validate()
    except REANAValidationError as error:
        return Check(BACKENDS, "error", (str(error),))
    return Check(BACKENDS, "ok", ("Workflow compute backends appear to be valid.",))
