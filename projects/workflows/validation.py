"""The checks that `reana-client validate` prints, without running anything of what is checked.

reana-client executes a Snakefile to read it, in the process that asks. Here a specification is data: the same functions of
reana-commons look at it, and where they would need the workflow's own files to be run, the check says that it was not done.
"""

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as remembered
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from reana_commons.config import COMMAND_DANGEROUS_OPERATIONS, reana_yaml_schema_file_path
from reana_commons.errors import REANAValidationError
from reana_commons.validation.compute_backends import build_compute_backends_validator
from reana_commons.validation.operational_options import validate_operational_options
from reana_commons.validation.parameters import build_parameters_validator
from reana_commons.validation.utils import ValidationError, validate_reana_yaml

from projects.workflows import dollars, reana_yaml
from projects.workflows.launching.hints import BLOCK
from projects.workflows.validation_results import BACKENDS, COMMANDS, DOLLARS, FILE, OPERATIONS, PARAMETERS, Check, State
from vre_portal import __version__, bounded_yaml

LATER = (PARAMETERS, COMMANDS, OPERATIONS, BACKENDS)
VALID_FILE = gettext_lazy("Valid REANA specification file.")
VALID_PARAMETERS = gettext_lazy("REANA specification parameters appear valid.")
VALID_COMMANDS = gettext_lazy("Workflow parameters and commands appear valid.")
VALID_OPERATIONS = gettext_lazy("Workflow operations appear valid.")
VALID_BACKENDS = gettext_lazy("Workflow compute backends appear to be valid.")
NO_PARAMETERS = gettext_lazy("There are no parameters.")
NO_REFERENCES = gettext_lazy("There are no commands that use a parameter.")
NO_COMMANDS = gettext_lazy("There are no commands.")
DANGEROUS_OPERATIONS: Sequence[str] = COMMAND_DANGEROUS_OPERATIONS
USUAL_BACKEND = "kubernetes"  # REANA's own default, which every server has
MAX_MESSAGES = 20
KEPT_SECONDS = 24 * 3600


def validate(specification: Mapping[str, Any], backends: Sequence[str] | None = None) -> list[Check]:
    """All checks of a specification, in reana-client's order; `backends` are those of the server, where they are known."""
    content = copy.deepcopy(dict(specification))
    file = _file(content)
    if file.state == "error":
        return [file, *_not_checked(_("The specification file has an error."))]
    kind = content["workflow"]["type"]
    if kind != "serial":
        text = _("To check a %(language)s workflow, its file has to be run. This is done only on the REANA server.")
        return [file, *_not_checked(text % {"language": "CWL" if kind == "cwl" else kind.capitalize()})]
    steps = (content["workflow"].get("specification") or {}).get("steps")
    if not steps:
        return [file, *_not_checked(_("The specification has no steps."))]
    return [file, *_dollars(content, steps), *_parameters(content), _backends(content, steps, backends)]


def checks_of(text: str, backends: tuple[str, ...] | None) -> list[Check]:
    """The checks of the text of a reana.yaml, looked at once for each text, set of backends and language: that takes long for many steps."""
    words = repr((__version__, get_language(), backends, text))
    key = f"reana-checks:{hashlib.sha256(words.encode(errors='backslashreplace')).hexdigest()}"
    found: list[Check] | None = cache.get(key)
    if found is None:
        content = {name: part for name, part in reana_yaml.read(text).content.items() if name != BLOCK}
        found = validate(content, backends)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _not_checked(reason: str, names: Sequence[str | Promise] = LATER) -> list[Check]:
    return [Check(str(name), "not checked", (reason,)) for name in names]


@dataclass(frozen=True)
class Finding:
    """What is wrong at one place of the file; `unexpected` is the property that it should not have."""

    state: State
    message: str
    path: tuple[Any, ...] = ()
    unexpected: str = ""


def findings(content: dict[str, Any]) -> list[Finding]:
    """What is wrong with the file by REANA's schema; an error, or any number of warnings."""
    try:
        warnings = validate_reana_yaml(content)
        if content.get("inputs", {}).get("options"):
            validate_operational_options(content["workflow"]["type"], content["inputs"]["options"])
    except ValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        message = error.message[:500]
        words = _("%(message)s (at %(place)s)") % {"message": message, "place": place} if place else message
        return [Finding("error", words, tuple(error.absolute_path))]
    except REANAValidationError as error:
        return [Finding("error", error.message)]
    except Exception:  # noqa: BLE001 -- reana-commons checks types by using them
        return [Finding("error", _("This is not a REANA specification."))]
    return [_found(key, value) for key, values in warnings.items() for value in values]


@remembered
def known_properties() -> tuple[str, ...]:
    """Every property that REANA's schema names anywhere."""

    def names(part: Any) -> set[str]:
        if isinstance(part, list):
            return {name for item in part for name in names(item)}
        if not isinstance(part, dict):
            return set()
        properties = part.get("properties")
        return set(properties if isinstance(properties, dict) else ()) | names(list(part.values()))

    return tuple(sorted(names(json.loads(Path(reana_yaml_schema_file_path).read_text()))))


def _found(key: str, value: Mapping[str, str]) -> Finding:
    unexpected = str(value["property"]) if key == "additional_properties" else ""
    path = bounded_yaml.path_of(str(value["path"]))
    return Finding("warning", _warning(key, value), (*path, unexpected) if unexpected else path, unexpected)


def _file(content: dict[str, Any]) -> Check:
    found = findings(content)
    if not found:
        return Check(str(FILE), "ok", (str(VALID_FILE),))
    return Check(str(FILE), found[0].state, _few([finding.message for finding in found]))


def _warning(key: str, value: Mapping[str, str]) -> str:
    if key == "additional_properties" and value["path"]:
        return _("Unexpected property '%(name)s' (at %(place)s).") % {"name": value["property"], "place": value["path"]}
    if key == "additional_properties":
        return _("Unexpected property '%(name)s'.") % {"name": value["property"]}
    if value["path"]:
        return _("%(message)s (at %(place)s).") % {"message": value["message"], "place": value["path"]}
    return f"{value['message']}."


def _parameters(content: dict[str, Any]) -> list[Check]:
    commands = [command for step in content["workflow"]["specification"]["steps"] for command in step["commands"]]
    for step in content["workflow"]["specification"]["steps"]:
        step["commands"] = [condensed(command) for command in step["commands"]]
    try:
        validator = build_parameters_validator(content)
        validator.validate_parameters()
    except REANAValidationError as refusal:
        return [Check(str(COMMANDS), "error", (str(refusal),)), *_not_checked(_("The commands have an error."), (PARAMETERS, OPERATIONS))]
    except Exception:  # noqa: BLE001 -- reana-commons checks types by using them
        return _not_checked(_("The check could not read this specification."), (PARAMETERS, COMMANDS, OPERATIONS))
    has_parameters, has_references = bool(content.get("inputs", {}).get("parameters")), any(map(references, commands))
    return [
        _from_warnings(
            PARAMETERS,
            validator.reana_params_warnings,
            good=str(VALID_PARAMETERS),
            none="" if has_parameters else str(NO_PARAMETERS),
        ),
        _from_warnings(
            COMMANDS,
            validator.workflow_params_warnings,
            good=str(VALID_COMMANDS),
            none="" if has_references else str(NO_REFERENCES),
        ),
        _from_warnings(
            OPERATIONS,
            validator.operations_warnings,
            good=str(VALID_OPERATIONS),
            none="" if commands else str(NO_COMMANDS),
        ),
    ]


def _from_warnings(name: str | Promise, warnings: Sequence[Mapping[str, str]], *, good: str, none: str) -> Check:
    """One line; `none` says that there is nothing to check, and is empty where there is something."""
    if warnings:
        return Check(str(name), "warning", _few(sorted({str(item["message"]) for item in warnings})))
    return Check(str(name), "not checked", (none,)) if none else Check(str(name), "ok", (good,))


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


def _dollars(content: dict[str, Any], steps: Sequence[dict[str, Any]]) -> list[Check]:
    """What reana-client does not look at and REANA fails for; nothing where all is well."""
    external = content["workflow"].get("parameters")  # whose names only its file has
    parameters = None if external else content.get("inputs", {}).get("parameters") or {}
    read = (reana_yaml.Step(str(step.get("name") or number), "", tuple(step["commands"])) for number, step in enumerate(steps, 1))
    found = list(dollars.of_steps(read, parameters))
    return [Check(str(DOLLARS), "error", _few(found))] if found else []


def _backends(content: dict[str, Any], steps: list[dict[str, Any]], backends: Sequence[str] | None) -> Check:
    named = {str(step["compute_backend"]) for step in steps if step.get("compute_backend")} - {USUAL_BACKEND}
    if backends is None and named:
        text = _("The portal does not know whether this REANA server has %(backends)s.")
        return Check(str(BACKENDS), "not checked", (text % {"backends": ", ".join(sorted(named))[:500]},))
    try:
        build_compute_backends_validator(content, list(backends or [USUAL_BACKEND])).validate()
    except REANAValidationError as error:
        return Check(str(BACKENDS), "error", (str(error)[:500],))
    return Check(str(BACKENDS), "ok", (str(VALID_BACKENDS),))


def _few(messages: Sequence[str]) -> tuple[str, ...]:
    shown = [message if len(message) <= 500 else f"{message[:499]}…" for message in messages[:MAX_MESSAGES]]
    if len(messages) <= MAX_MESSAGES:
        return tuple(shown)
    return (*shown, _("… and %(n)s more.") % {"n": len(messages) - MAX_MESSAGES})
