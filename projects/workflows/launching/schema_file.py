"""Hints in a JSON schema beside the specification: the keywords of draft 2020-12 that a form can show; the others are named, not obeyed."""

import json
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.launching.hint import Hint, read_hint
from projects.workflows.launching.plain_values import is_number, same
from vre_portal.text import storable

FILE = "reana.schema.json"
MAX_CHARACTERS = 200_000
KEYWORDS = {
    "title": "label",
    "description": "help",
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "step",
    "enum": "choices",
    "format": "format",
    "x-unit": "unit",
    "x-group": "group",
    "x-advanced": "advanced",
    "hidden": "advanced",  # as nf-core writes it
}
OF_THE_WHOLE = ("$schema", "$id", "$comment", "title", "description", "type", "properties")
PARTS = ("$defs", "definitions")  # objects that allOf names: groups of parameters
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,), "null": (type(None),)
}  # fmt: skip


def read_schema(text: str, defaults: dict[str, Any]) -> tuple[dict[str, Hint], list[str]]:
    """The hints by parameter, and what of the file is not used."""
    try:
        schema = json.loads(text) if len(text) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError) as error:
        return {}, [_("it is not JSON: %(reason)s") % {"reason": str(error)[:200]}]
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        return {}, [_("it must be a JSON schema with “properties”, of at most %(limit)s characters") % {"limit": MAX_CHARACTERS}]
    parts, named = _parts(schema)
    used = (*OF_THE_WHOLE, *named)
    notes = [_("%(name)s is not used") % {"name": storable(key)[:60]} for key in schema if key not in used]
    hints: dict[str, Hint] = {}
    for title, name, raw in parts:
        if name not in defaults:
            notes.append(_("%(name)s: there is no such parameter") % {"name": storable(name)[:60]})
            continue
        if not isinstance(raw, dict):
            notes.append(_("%(name)s: must be an object") % {"name": storable(name)[:60]})
            continue
        said = {"group": title} if title else {}
        said |= {KEYWORDS[key]: value for key, value in raw.items() if key in KEYWORDS}
        hints[name], wrong = read_hint(said)
        notes += [f"{name}: {words}" for words in (*wrong, *_unused(raw, defaults[name]))]
    return hints, notes


def _parts(schema: dict[str, Any]) -> tuple[list[tuple[Any, str, Any]], list[str]]:
    """Group, name and property of each parameter, also in the parts that allOf names, and the keywords that this takes."""
    found = [("", name, raw) for name, raw in schema.get("properties", {}).items()]
    references = schema.get("allOf")
    if not isinstance(references, list) or not all(isinstance(item, dict) and set(item) == {"$ref"} for item in references):
        return found, []
    used = set()
    for reference in references:
        _root, _slash, place = str(reference["$ref"]).partition("#/")
        key, _slash, name = place.partition("/")
        parts = schema.get(key) if key in PARTS else None
        part = parts.get(name) if isinstance(parts, dict) else None
        properties = part.get("properties") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(properties, dict):
            return found, []
        used.add(key)
        found += [(part.get("title", ""), name, raw) for name, raw in properties.items()]
    return found, ["allOf", *used]


def _unused(raw: dict[str, Any], default: Any) -> list[str]:
    """What a property says that a hint cannot, or that contradicts the specification."""
    notes = [
        _("%(name)s is not used") % {"name": storable(key)[:60]}
        for key in raw
        if key not in KEYWORDS and key not in ("type", "default", "$comment", "examples")
    ]
    kinds = raw.get("type")
    named = kinds if isinstance(kinds, list) else [kinds]
    if kinds is not None and not any(_is_of(default, kind) for kind in named):
        notes.append(_("type is not used: the default in the specification has another type"))
    if "default" in raw and not same(raw["default"], default):
        notes.append(_("default is not used: the specification has another one"))
    return notes


def _is_of(value: Any, kind: Any) -> bool:
    if not isinstance(kind, str) or kind not in TYPES:
        return False
    if kind == "integer" and isinstance(value, float):
        return is_number(value) and value.is_integer()
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
