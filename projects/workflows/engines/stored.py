"""A reading as it is kept with a specification: written as JSON, and read back whatever an earlier version wrote."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.validation_results import Check

STATES = ("ok", "warning", "error", "not checked")


def to_json(reading: Reading) -> dict[str, Any]:
    """The reading as JSON holds it."""
    return asdict(reading)


def from_json(kept: Any) -> Reading:
    """The reading again; a part of another shape costs only itself."""
    kept = kept if isinstance(kept, Mapping) else {}
    submission = kept.get("submission")
    return Reading(
        engine=_text(kept, "engine"),
        engine_version=_text(kept, "engine_version"),
        nodes=tuple(_node(item) for item in _items(kept, "nodes") if isinstance(item, Mapping) and item.get("key")),
        parameters=_mapping(kept, "parameters"),
        submission=dict(submission) if isinstance(submission, Mapping) else None,
        checks=tuple(_check(item) for item in _items(kept, "checks") if isinstance(item, Mapping)),
        includes=_texts(kept, "includes"),
        opened=_texts(kept, "opened"),
        is_partial=kept.get("is_partial") is True,
        isolated_by=_texts(kept, "isolated_by"),
        why_not=_text(kept, "why_not"),
        left_out=left_out if isinstance(left_out := kept.get("left_out"), int) else 0,
    )


def _node(kept: Mapping[str, Any]) -> Node:
    return Node(
        key=_text(kept, "key"),
        name=_text(kept, "name"),
        environment=_text(kept, "environment"),
        inputs=_texts(kept, "inputs"),
        outputs=_texts(kept, "outputs"),
        commands=_texts(kept, "commands"),
        resources=_mapping(kept, "resources"),
        after=_texts(kept, "after"),
        needed=kept.get("needed") is not False,
        file=_text(kept, "file"),
        line=_line(kept),
    )


def _check(kept: Mapping[str, Any]) -> Check:
    """What has no state that we know was not checked as far as we know: never green."""
    state = kept.get("state")
    return Check(
        name=_text(kept, "name"),
        state=state if state in STATES else "not checked",
        messages=_texts(kept, "messages"),
        file=_text(kept, "file"),
        line=_line(kept),
        suggestion=_text(kept, "suggestion"),
        decided_by=_text(kept, "decided_by"),
    )


def _text(kept: Mapping[str, Any], key: str) -> str:
    value = kept.get(key)
    return "" if value is None else str(value)


def _items(kept: Mapping[str, Any], key: str) -> list[Any]:
    value = kept.get(key)
    return list(value) if isinstance(value, list | tuple) else []


def _texts(kept: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in _items(kept, key))


def _mapping(kept: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = kept.get(key)
    return dict(value) if isinstance(value, Mapping) else {}


def _line(kept: Mapping[str, Any]) -> int | None:
    value = kept.get("line")
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
