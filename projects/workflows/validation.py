"""The checks that `reana-client validate` prints, without running anything of what is checked.

reana-client executes a Snakefile to read it, in the process that asks. Here a specification is data: the same functions of
reana-commons look at it, and where they would need the workflow's own files to be run, the check says that it was not done.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reana_commons.config import COMMAND_DANGEROUS_OPERATIONS
from reana_commons.errors import REANAValidationError
from reana_commons.validation.compute_backends import build_compute_backends_validator
from reana_commons.validation.operational_options import validate_operational_options
from reana_commons.validation.parameters import build_parameters_validator
from reana_commons.validation.utils import ValidationError, validate_reana_yaml

State = Literal["ok", "warning", "error", "not checked"]
FILE, PARAMETERS, COMMANDS, OPERATIONS, BACKENDS = (
    "Specification file", "Parameters", "Workflow parameters and commands", "Dangerous operations", "Compute backends",
)  # fmt: skip
LATER = (PARAMETERS, COMMANDS, OPERATIONS, BACKENDS)
USUAL_BACKEND = "kubernetes"  # REANA's own default, which every server has
NOT_EXECUTED = "Reading a {} workflow means running its file, and that is done only on the REANA server."
MAX_MESSAGES = 20


@dataclass(frozen=True)
class Check:
    """One line of the validation; "not checked" where nothing was looked at, with the reason as its message."""

    name: str
    state: State
    messages: tuple[str, ...]


def validate(specification: Mapping[str, Any], backends: Sequence[str] | None = None) -> list[Check]:
    """All checks of a specification, in reana-client's order; `backends` are those of the server, where they are known."""
    content = copy.deepcopy(dict(specification))
    file = _file(content)
    if file.state == "error":
        return [file, *_not_checked("The specification file has an error.")]
    kind = content["workflow"]["type"]
    if kind != "serial":
        return [file, *_not_checked(NOT_EXECUTED.format("CWL" if kind == "cwl" else kind.capitalize()))]
    steps = (content["workflow"].get("specification") or {}).get("steps")
    if not steps:
        return [file, *_not_checked("The specification has no steps.")]
    return [file, *_parameters(content), _backends(content, steps, backends)]


def _not_checked(reason: str, names: Sequence[str] = LATER) -> list[Check]:
    return [Check(name, "not checked", (reason,)) for name in names]


def _file(content: dict[str, Any]) -> Check:
    try:
        warnings = validate_reana_yaml(content)
        if content.get("inputs", {}).get("options"):
            validate_operational_options(content["workflow"]["type"], content["inputs"]["options"])
    except ValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return Check(FILE, "error", (f"{error.message[:500]}{f' (at {place})' if place else ''}",))
    except REANAValidationError as error:
        return Check(FILE, "error", (error.message,))
    except Exception:  # noqa: BLE001 -- reana-commons checks types by using them
        return Check(FILE, "error", ("This is not a REANA specification.",))
    if not warnings:
        return Check(FILE, "ok", ("Valid REANA specification file.",))
    return Check(FILE, "warning", _few([_warning(key, value) for key, values in warnings.items() for value in values]))


def _warning(key: str, value: Mapping[str, str]) -> str:
    place = f" (at {value['path']})" if value["path"] else ""
    if key == "additional_properties":
        return f"Unexpected property '{value['property']}'{place}."
    return f"{value['message']}{place}."


def _parameters(content: dict[str, Any]) -> list[Check]:
    commands = [command for step in content["workflow"]["specification"]["steps"] for command in step["commands"]]
    for step in content["workflow"]["specification"]["steps"]:
        step["commands"] = [condensed(command) for command in step["commands"]]
    try:
        validator = build_parameters_validator(content)
        validator.validate_parameters()
    except REANAValidationError as refusal:
        return [Check(COMMANDS, "error", (str(refusal),)), *_not_checked("The commands have an error.", (PARAMETERS, OPERATIONS))]
    except Exception:  # noqa: BLE001 -- reana-commons checks types by using them
        return _not_checked("The check could not read this specification.", (PARAMETERS, COMMANDS, OPERATIONS))
    has_parameters, has_references = bool(content.get("inputs", {}).get("parameters")), any(map(references, commands))
    return [
        _from_warnings(
            PARAMETERS, validator.reana_params_warnings, "REANA specification parameters appear valid.", has_parameters, "parameters"
        ),
        _from_warnings(
            COMMANDS,
            validator.workflow_params_warnings,
            "Workflow parameters and commands appear valid.",
            has_references,
            "commands that use a parameter",
        ),
        _from_warnings(OPERATIONS, validator.operations_warnings, "Workflow operations appear valid.", bool(commands), "commands"),
    ]


def _from_warnings(name: str, warnings: Sequence[Mapping[str, str]], good: str, has_any: bool, what: str) -> Check:
    if warnings:
        return Check(name, "warning", _few(sorted({str(item["message"]) for item in warnings})))
    return Check(name, "ok", (good,)) if has_any else Check(name, "not checked", (f"There are no {what}.",))


def references(command: str) -> list[str]:
    """The names between `${` and `}` on each line, as reana-commons finds them, in one pass over the text."""
    found = []
    for line in command.split("\n"):
        end = 0
        while (start := line.find("${", end)) >= 0 and (end := line.find("}", start + 2)) >= 0:
            found.append(line[start + 2 : end])
            end += 1
    return found


def condensed(command: str) -> str:
    """The command with only what reana-commons looks for in it: its pattern takes the square of a command's length."""
    dangerous = [operation for operation in COMMAND_DANGEROUS_OPERATIONS if operation in command]
    return "".join([*(f"${{{name}}}" for name in references(command)), *dangerous])


def _backends(content: dict[str, Any], steps: list[dict[str, Any]], backends: Sequence[str] | None) -> Check:
    named = {str(step["compute_backend"]) for step in steps if step.get("compute_backend")} - {USUAL_BACKEND}
    if backends is None and named:
        return Check(
            BACKENDS, "not checked", (f"The portal does not know whether this REANA server has {', '.join(sorted(named))[:500]}.",)
        )
    try:
        build_compute_backends_validator(content, list(backends or [USUAL_BACKEND])).validate()
    except REANAValidationError as error:
        return Check(BACKENDS, "error", (str(error)[:500],))
    return Check(BACKENDS, "ok", ("Workflow compute backends appear to be valid.",))


def _few(messages: Sequence[str]) -> tuple[str, ...]:
    shown = [message if len(message) <= 500 else f"{message[:499]}…" for message in messages[:MAX_MESSAGES]]
    return (*shown, f"… and {len(messages) - MAX_MESSAGES} more.") if len(messages) > MAX_MESSAGES else tuple(shown)
