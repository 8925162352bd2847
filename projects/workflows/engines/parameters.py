"""The values that a workflow gets: those of the specification, or of the file that it names, with others in their place."""

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.engines.texts import BadText, text_of
from projects.workflows.reana_yaml import ReanaYaml
from vre_portal import bounded_yaml
from vre_portal.text import storable_json


@dataclass(frozen=True)
class Parameters:
    """The values, where they stand, and what is wrong with their file."""

    values: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    fault: str = ""
    fault_line: int | None = None
    loaded: bounded_yaml.Loaded | None = None
    below: tuple[Any, ...] = ()  # the path of the values in the file
    root: str = ""  # the folder from which the names in them count

    def line(self, name: str) -> int | None:
        """Where the parameter stands in its file."""
        return self.loaded.line((*self.below, name)) if self.loaded else None


def read_parameters(files: Mapping[str, bytes], path: str, checked: ReanaYaml, root: str, given: dict[str, Any]) -> Parameters:
    """What the engine gets. As for reana-client, a file that `inputs.parameters.input` names is read for CWL and Snakemake only."""
    is_read = checked.parameter_file and (checked.engine != "yadage" or checked.parameter_file == checked.workflow_parameter_file)
    if not is_read:
        loaded = bounded_yaml.load(text_of(files, path))
        return Parameters({**checked.parameters, **given}, path, loaded=loaded, below=("inputs", "parameters"))
    name = posixpath.normpath(posixpath.join(root, checked.parameter_file))
    try:
        loaded = bounded_yaml.load(text_of(files, name))
    except BadText as error:
        return Parameters(dict(given), name, str(error), error.line)
    except bounded_yaml.BadYaml as error:
        return Parameters(dict(given), name, _("%(file)s: %(reason)s") % {"file": name[:300], "reason": error})
    try:
        value = json.loads(json.dumps(storable_json(loaded.value or {}), default=str, allow_nan=False))
    except (TypeError, ValueError):
        return Parameters(dict(given), name, _("%(file)s holds values that cannot be sent to REANA.") % {"file": name[:300]})
    if not isinstance(value, dict):
        return Parameters(dict(given), name, _("%(file)s must hold parameters with their values.") % {"file": name[:300]}, 1)
    return Parameters({**checked.over_file({str(key): item for key, item in value.items()}), **given}, name, loaded=loaded)
