"""What the engine of a specification understands of it: asked here only, and kept as JSON."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows import engines, reana_yaml
from projects.workflows.engines.reading import Node, Reading
from projects.workflows.validation_results import Check
from vre_portal.text import storable_json


def read(files: Mapping[str, bytes], path: str, *, root: str, placeholders: Collection[str], parameters: dict[str, Any] | None) -> Reading:
    """The reading of the specification at `path`, among files by path from the repository's root."""
    asked = getattr(engines, "read", None)
    if asked is not None:
        return asked(files, path, root=root, placeholders=placeholders, parameters=parameters)  # type: ignore[no-any-return]
    checked = reana_yaml.read(files[path].decode(errors="replace"))
    why = "" if checked.engine == "serial" else _("The steps of this engine are not looked at here.")
    return Reading(
        checked.engine, nodes=serial_nodes(checked), parameters=checked.parameters if parameters is None else parameters, why_not=why
    )


def serial_nodes(checked: reana_yaml.ReanaYaml) -> tuple[Node, ...]:
    """The steps that stand in the reana.yaml itself, one after the other."""
    return tuple(
        Node(f"{number}", step.name, step.environment, commands=step.commands, after=(f"{number - 1}",) if number else ())
        for number, step in enumerate(checked.steps)
    )


def as_json(reading: Reading) -> dict[str, Any]:
    """As a row keeps it: with texts for numbers that JSON has not, and for what is no JSON at all."""
    return storable_json(json.loads(json.dumps(asdict(reading), default=str), parse_constant=str))  # type: ignore[no-any-return]


def from_json(value: Any) -> Reading:
    """As a row kept it; an empty one where it kept none, or one of another portal's shape."""
    try:
        known = {field.name: value[field.name] for field in fields(Reading) if field.name in value}
        known["nodes"] = tuple(Node(**{**node, **_tuples(node)}) for node in value.get("nodes", ()))
        known["checks"] = tuple(Check(**{**check, "messages": tuple(check["messages"])}) for check in value.get("checks", ()))
        return Reading(**{**known, **{name: tuple(value.get(name, ())) for name in ("includes", "isolated_by")}})
    except (AttributeError, KeyError, TypeError):
        return Reading()


def _tuples(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(node.get(name, ())) for name in ("inputs", "outputs", "commands", "after")}
