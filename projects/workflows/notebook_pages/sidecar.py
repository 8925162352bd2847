"""The file beside a notebook that says what its parameters are, as Times Square reads it: `fit.yaml` beside `fit.ipynb`."""

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects.workflows.launching.plain_values import FORBIDDEN_TEXT, is_number, require_plain, texts_of
from vre_portal import bounded_yaml
from vre_portal.text import plain, storable

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")  # that a cell can assign to
MAX_PARAMETERS = 60


class SidecarFault(ValueError):
    """What is wrong with the file; str() is a sentence."""


@dataclass(frozen=True)
class Sidecar:
    """What it says; `schema` is the JSON schema of the parameters, whose keywords the launch form reads."""

    title: str = ""
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)  # name -> default
    schema: str = ""


def read_sidecar(text: str) -> Sidecar:
    """The parameters with their defaults. Raises SidecarFault, with the name of the parameter where it is one's."""
    try:
        content = bounded_yaml.load(text).value
    except bounded_yaml.BadYaml as error:
        raise SidecarFault(_("It is not valid YAML: %(reason)s.") % {"reason": error}) from None
    content = {} if content is None else content
    properties = content.get("parameters") or {} if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(properties, dict):
        raise SidecarFault(_("It must have “parameters”: a JSON schema for each name."))
    if len(properties) > MAX_PARAMETERS:
        raise SidecarFault(_("It has more than %(limit)s parameters.") % {"limit": MAX_PARAMETERS})
    defaults = {str(name): _default(str(name), schema) for name, schema in properties.items()}
    hints = {name: {key: value for key, value in schema.items() if key != "default"} for name, schema in properties.items()}
    try:
        schema = json.dumps({"type": "object", "properties": hints}, default=str, allow_nan=False) if properties else ""
    except ValueError:
        raise SidecarFault(_("Its numbers must be finite.")) from None
    return Sidecar(_words(content, "title", 200), _words(content, "description", 2000), defaults, schema)


def _default(name: str, schema: Any) -> Any:
    shown = plain(name)[:60]
    if not NAME.fullmatch(name):
        raise SidecarFault(_("%(name)s: a parameter is named by letters, digits and underscores.") % {"name": shown})
    if keyword.iskeyword(name):
        raise SidecarFault(_("%(name)s: this is a word of Python. Choose another name.") % {"name": shown})
    if not isinstance(schema, dict) or "default" not in schema:
        raise SidecarFault(_("%(name)s: it needs a default.") % {"name": shown})
    kind, value = schema.get("type", "string"), schema["default"]
    if kind == "string" and not isinstance(value, str | int | float | bool | list | dict) and value is not None:
        value = str(value)  # YAML reads a date as one
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "number": is_number(value),
        "integer": is_number(value) and isinstance(value, int),
    }
    if not isinstance(kind, str) or kind not in fits:
        raise SidecarFault(_("%(name)s: its type must be string, integer, number or boolean.") % {"name": shown})
    if not fits[kind] or (isinstance(value, str) and storable(value) != value):
        raise SidecarFault(_("%(name)s: its default is not of the type “%(type)s”.") % {"name": shown, "type": kind})
    try:
        require_plain(*texts_of([value, schema.get("enum")]), lines=True)
    except ValidationError:  # they stand in a command line
        text = _("%(name)s: its texts have characters that are not allowed. %(rule)s")
        raise SidecarFault(text % {"name": shown, "rule": FORBIDDEN_TEXT}) from None
    return float(value) if kind == "number" else value


def _words(content: Mapping[str, Any], name: str, longest: int) -> str:
    value = content.get(name)
    return storable(value.strip())[:longest] if isinstance(value, str) else ""
