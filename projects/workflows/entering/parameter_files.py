"""The values that files of a specification give to its parameters: those that it names, and what YAML makes of them."""

import json
import posixpath
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from projects.workflows import changed_values
from projects.workflows.entering import limits
from projects.workflows.entering.places import Place
from projects.workflows.reana_yaml import ReanaYaml, workspace_path
from vre_portal import bounded_yaml
from vre_portal.text import plain, storable_json

if TYPE_CHECKING:
    from projects.workflows.entering.gathered import Gathered


def add_parameters(found: "Gathered", place: Place, checked: ReanaYaml) -> None:
    """The file that inputs.parameters.input or workflow.parameters.file names: its values are the defaults.

    Yadage reads those of inputs.options.initfiles instead.
    """
    if named := initial_files(checked):
        _add_initial_values(found, place, checked, named)
        return
    name = checked.parameter_file
    if not name:
        return
    target = workspace_path(name)
    at = posixpath.join(found.root, target or "")
    key = checked.parameter_file_key
    if target is None or at not in place.sizes:
        found.faults.append(_("%(key)s: %(path)s is not in the repository.") % {"key": key, "path": plain(name)[:200]})
        return
    found.files[target] = at
    try:
        found.input_parameters = checked.over_file(parameters_in(place.read(at)))
    except ValueError as error:
        found.faults.append(f"{key}: {plain(name)[:200]}: {error}"[:500])
    else:
        found.notes.append(_("The parameters are those of %(file)s.") % {"file": plain(name)[:200]})
        found.notes += _changed(place, at)


def _changed(place: Place, at: str) -> list[str]:
    """What YAML makes of values in a file that could be read, where it is not what stands there."""
    root = None if at.endswith(".json") else bounded_yaml.load(place.read(at).decode("utf-8-sig")).root
    return limits.few([f"{plain(at)[:200]}: {sentence}" for sentence in islice(changed_values.sentences(root), 100)])


def initial_files(checked: ReanaYaml) -> list[str]:
    """The files in which Yadage finds first values of the parameters (inputs.options.initfiles)."""
    inputs = checked.content.get("inputs")
    options = inputs.get("options") if checked.engine == "yadage" and isinstance(inputs, dict) else None
    named = options.get("initfiles") if isinstance(options, dict) else None
    return [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]


def _add_initial_values(found: "Gathered", place: Place, checked: ReanaYaml, named: list[str]) -> None:
    """The values of files, each over the one before, and inputs.parameters over all."""
    values: dict[str, Any] = {}
    for name in named[: limits.MAX_SPECIFICATIONS]:
        target = workspace_path(name)
        at = posixpath.join(found.root, target or "")
        shown = plain(name)[:200]
        if target is None or at not in place.sizes:
            found.faults.append(_("inputs.options.initfiles: %(path)s is not in the repository.") % {"path": shown})
            continue
        found.files[target] = at
        try:
            values |= parameters_in(place.read(at))
            found.notes += _changed(place, at)
        except ValueError as error:
            found.faults.append(f"inputs.options.initfiles: {shown}: {error}"[:500])
    found.input_parameters = {**values, **checked.parameters}


def parameters_in(body: bytes) -> dict[str, Any]:
    """The parameters of a YAML or JSON file. Raises ValueError with the reason."""
    try:
        value = bounded_yaml.load(body.decode("utf-8-sig")).value  # JSON is YAML
    except UnicodeDecodeError:
        raise ValueError(_("it is not a text file in UTF-8")) from None
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ValueError(_("it must be a mapping of names and values"))
    try:
        return storable_json(json.loads(json.dumps(value, allow_nan=False)))  # type: ignore[no-any-return]
    except (TypeError, ValueError):
        raise ValueError(_("it has values that cannot be sent to REANA")) from None
