"""Bring a workflow specification with its code from a folder into a project, as of a commit; what is wrong with it is kept with it."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from projects.content import BadEntry, mapping, text
from projects.models import Project, Resource
from projects.services import add_resource
from projects.workflows import engines, reana_yaml
from projects.workflows.cwl_folders import cwl_folders
from projects.workflows.engines.reading import Reading
from projects.workflows.entering import limits, reading
from projects.workflows.entering.parameter_files import parameters_in
from projects.workflows.entering.saving import add_version
from projects.workflows.launching.hint import read_hint
from projects.workflows.launching.hints import schema_name
from projects.workflows.launching.plain_values import SCALARS, is_number
from projects.workflows.launching.schema_file import FILE
from projects.workflows.models import Specification, SpecificationVersion, StoredFile
from projects.workflows.parameter_fields import carries, parameter_field
from vre_portal.bounded_yaml import MAX_CHARACTERS
from vre_portal.files_below import CannotRead, read_below
from vre_portal.text import storable

SLUG = re.compile(r"[A-Za-z0-9_-]{1,60}")
MAX_CODE_BYTES = limits.MAX_BYTES  # of all files of one specification


@dataclass
class Loading:
    """A specification as it comes in, and what is wrong with its files and facts."""

    files: dict[str, bytes] = field(default_factory=dict)
    parameters: dict[str, Any] | None = None  # those of a file
    schema: str = ""
    faults: list[str] = field(default_factory=list)


def commit_of(folder: Path) -> str:
    """The commit at which the folder last changed, where it is in a git repository."""
    # Of somebody else's repository nothing is run: its own settings could name programs.
    settings = ("-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    command = ["git", "-C", str(folder), *settings, "log", "-1", "--format=%H", "--", "."]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def code_of(folder: Path, name: str, limit: int) -> str:
    """The text of a code file below the folder; raises CannotRead, also where it is not text."""
    try:
        found = read_below(folder, name, limit).decode()
    except UnicodeDecodeError:
        raise CannotRead(_("%(file)s is not a text file (UTF-8): put it into the Data Lake and name its DID") % {"file": name}) from None
    if "\0" in found:
        raise CannotRead(_("%(file)s contains a NUL character: put it into the Data Lake and name its DID") % {"file": name})
    return found


def files_below(folder: Path, name: str) -> list[str]:
    """The paths of the plain files in a folder that a specification names, links not followed; raises CannotRead."""
    prefix = reana_yaml.folder_prefix(name)
    if prefix and reana_yaml.workspace_path(name) is None:
        raise CannotRead(f"{storable(name)[:200]} is not a path below its folder")
    found: list[str] = []
    for place, folders, names in os.walk(folder / prefix):
        folders.sort()
        found += [str((Path(place) / item).relative_to(folder)) for item in sorted(names) if _is_plain(Path(place) / item)]
        if len(found) > limits.MAX_FILES:
            raise CannotRead(_("%(folder)s has more than %(limit)s files") % {"folder": name, "limit": limits.MAX_FILES})
    return found


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def load_specification(project: Project, entry: dict[str, Any], folder: Path) -> Specification:
    """Take the specification and its code files as they are now; runs keep what they were launched with.

    One with faults is stored with them. Raises BadEntry where the entry itself cannot be made sense of: then nothing changes.
    """
    name, path_text = name_of(entry), text(entry, "specification", 300)
    bindings = bindings_of(entry)
    try:
        source = code_of(folder, path_text, MAX_CHARACTERS)
    except CannotRead as error:
        raise BadEntry(f"specification: {error}") from None
    loading, checked = Loading(), reana_yaml.read(source)
    parent = (folder / path_text).parent
    _read_files(loading, checked, parent, bindings)
    _read_schema(loading, checked, parent)
    facts = facts_of(entry, checked, loading.faults)
    files = {path: StoredFile.objects.keep(body) for path, body in loading.files.items()}
    specification, _created = Specification.objects.update_or_create(
        project=project,
        name=name,
        defaults={"title": text(entry, "title", 200), "facts": facts},
    )
    loaded = specification.versions.filter(origin=SpecificationVersion.Origin.OPERATOR).first()
    root = "" if PurePosixPath(path_text).parent == PurePosixPath() else str(PurePosixPath(path_text).parent)
    digests = {path: stored.sha256 for path, stored in files.items()}
    if loaded is None or loaded == specification.current or not loaded.same_as(storable(source), digests, bindings):
        # Else somebody has changed it in the browser since, and what is loaded now was known then.
        add_version(
            specification, by=None, text=storable(source), files=files, data=bindings, origin=SpecificationVersion.Origin.OPERATOR,
            commit=commit_of(parent), path=path_text, root=root, file_faults=loading.faults, input_parameters=loading.parameters,
            parameter_schema=loading.schema,
            reading=reading.as_json(_understood(loading, source, path_text, root, bindings)),
        )  # fmt: skip
    add_environments(project, entry, name)
    return specification


def name_of(entry: dict[str, Any]) -> str:
    """The name of a workflow. Raises BadEntry."""
    name = text(entry, "name", 60)
    if not SLUG.fullmatch(name):
        raise BadEntry("name has letters, digits, hyphens and underscores only")
    return name


def _understood(loading: Loading, source: str, path: str, root: str, bindings: dict[str, Any]) -> Reading:
    """What its engine makes of it; what else it names is there by name only."""
    files = {str(PurePosixPath(root) / name): body for name, body in loading.files.items() if len(body) <= MAX_CHARACTERS}
    files[path] = source.encode()
    large = [name for name, body in loading.files.items() if len(body) > MAX_CHARACTERS]
    return engines.read(files, path, root=root, placeholders=[*bindings, *large], parameters=loading.parameters)


def bindings_of(entry: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The files of a Data Lake that the entry names for inputs. Raises BadEntry."""
    found = mapping(entry, "inputs")
    if not found:
        return {}
    lake = text(entry, "lake", 60)
    return {path: {"lake": lake, "did": text(found, path, 300)} for path in found}


def _read_files(loading: Loading, checked: reana_yaml.ReanaYaml, folder: Path, bindings: dict[str, Any]) -> None:
    """Each file that the specification names and that is not one of the lake; one that cannot be read is a fault and costs only itself."""
    named = dict.fromkeys(checked.files, "inputs.files")
    bound = set(bindings)
    for name in checked.directories:
        if reana_yaml.workspace_path(name) in bound:
            continue
        try:
            named |= dict.fromkeys(files_below(folder, name), "inputs.directories")
        except CannotRead as error:
            loading.faults.append(f"inputs.directories: {error}")
    if checked.workflow_file:
        named[checked.workflow_file] = "workflow.file"
    if checked.parameter_file:
        named[checked.parameter_file] = checked.parameter_file_key
    room = MAX_CODE_BYTES
    for name, part in named.items():
        if name in bindings:
            continue
        try:
            body = read_below(folder, name, room)
            if name == checked.parameter_file:
                loading.parameters = checked.over_file(parameters_in(body))
        except CannotRead as error:
            loading.faults.append(f"{part}: {error}")
        except ValueError as error:
            loading.faults.append(f"{part}: {name}: {error}")
        else:
            loading.files[str(PurePosixPath(name))] = body
            room -= len(body)
    parameters = checked.parameters if loading.parameters is None else loading.parameters
    bindable = {*checked.files, *checked.folders, *cwl_folders(checked, parameters)}
    for path in bindings:
        if path not in bindable:
            text = _(
                "inputs.%(path)s: the content file names data of the Data Lake that are neither in inputs.files nor in inputs.directories"
            )
            loading.faults.append(text % {"path": path})


def _read_schema(loading: Loading, checked: reana_yaml.ReanaYaml, folder: Path) -> None:
    """The JSON schema beside the specification, where there is one; that a named one cannot be read is a fault."""
    name = schema_name(checked)
    try:
        loading.schema = code_of(folder, name, MAX_CHARACTERS)
    except CannotRead as error:
        if name != FILE or (folder / name).is_file():
            loading.faults.append(_("vre.schema: %(reason)s") % {"reason": error})


def facts_of(entry: dict[str, Any], checked: reana_yaml.ReanaYaml, faults: list[str]) -> dict[str, Any]:
    """What the content file says of each parameter; what contradicts the specification is one of the faults."""
    facts = mapping(entry, "parameters")
    try:
        json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError):  # dates and infinite numbers, which TOML has and JSON has not
        faults.append(_("parameters: the content file has dates or infinite numbers here; write them as text"))
        return {}
    for name, known in facts.items():
        if name not in checked.parameters:
            faults.append(_("parameters.%(name)s: the specification has no such parameter") % {"name": name})
        elif not isinstance(known, dict):
            faults.append(_("parameters.%(name)s: must be a table with label, unit, hint, min, max or choices") % {"name": name})
        else:
            faults += [f"parameters.{name}.{words}" for words in contradictions(checked.parameters[name], known)]
    return facts


def contradictions(default: Any, facts: dict[str, Any]) -> list[str]:
    """What of the facts cannot be, or keeps the default itself from being launched."""
    faults = [
        _("%(name)s: must be text") % {"name": name} for name in ("label", "unit", "hint") if not isinstance(facts.get(name, ""), str)
    ]
    limits = {name: facts[name] for name in ("min", "max") if is_number(facts.get(name))}
    for name in ("min", "max"):
        if name in facts and (name not in limits or not is_number(default)):
            faults.append(_("%(name)s: must be a number, and the parameter must be a number, too") % {"name": name})
    if is_number(default) and not limits.get("min", default) <= default <= limits.get("max", default):
        faults.append(_("min, max: the default %(value)s is outside this range") % {"value": default})
    choices = facts.get("choices", [default])
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, SCALARS) for choice in choices):
        faults.append(_("choices: must be a list of texts, numbers, true or false"))
    elif not any(type(choice) is type(default) and choice == default for choice in choices):
        faults.append(_("choices: the default %(value)s is not one of them") % {"value": repr(default)})
    if not faults and not carries(parameter_field(default, read_hint(facts)[0]), default):
        faults.append(_("choices: the default cannot be chosen in the form"))
    return [storable(words)[:300] for words in faults]


def add_environments(project: Project, entry: dict[str, Any], name: str) -> None:
    """The environment of each step that the entry describes, among the project's. Raises BadEntry."""
    steps = mapping(entry, "steps")
    for step in steps:
        facts = mapping(steps, step)
        add_resource(
            by=None,
            project=project,
            kind=Resource.Kind.ENVIRONMENT,
            service=text(entry, "service", 60, default=""),
            identifier=text(facts, "environment", 300),
            title=text(facts, "title", 200, default=step),
            facts={"holds": text(facts, "holds", 300, default=""), "workflow": name, "step": step},
        )
