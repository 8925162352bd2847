"""Compare an answer with a recorded one: the same status, the same keys, the same types."""

import json
import os
import re
from pathlib import Path
from typing import Any

RECORDED = os.environ.get("VRE_RECORDED", "")  # noqa: TID251 -- tests have no settings of their own
GOLDEN = Path(RECORDED or "/nonexistent") / "reana-golden"
REAL = Path(RECORDED or "/nonexistent") / "reana-real"
WHY_NOT = "VRE_RECORDED does not name a folder with recorded replies"
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def recordings() -> dict[str, dict[str, Any]]:
    """All recorded pairs by name, in the order of their recording."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(GOLDEN.glob("*.json"))}


def pairs(name: str) -> list[dict[str, Any]]:
    """The pairs of one real server in the order of their recording; none where nothing recorded is at hand."""
    file = REAL / f"{name}.json"
    found: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return found


def as_list(value: dict[str, Any]) -> Any:
    """An object whose keys are ids or paths is a collection: its members are compared, not its keys."""
    return list(value.values()) if value and all(KEY.fullmatch(key) or "/" in key for key in value) else value


def parsed(value: Any) -> Any:
    """JSON inside a text is compared as JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def differences(recorded: Any, found: Any, place: str = "") -> list[str]:
    """Where two answers differ in shape. A null stands for any type, as the API's x-nullable says."""
    recorded, found = parsed(recorded), parsed(found)
    if isinstance(recorded, dict) and isinstance(found, dict):
        recorded, found = as_list(recorded), as_list(found)
    if recorded is None or found is None or recorded in ([], {}) or found in ([], {}):
        return []
    if type(recorded) is not type(found):
        return [f"{place or 'body'}: {type(recorded).__name__} became {type(found).__name__}"]
    if isinstance(recorded, list):
        return differences(recorded[0], found[0], f"{place}[0]")
    if not isinstance(recorded, dict):
        return []
    apart = [
        f"{place}.{key} is {word}"
        for word, keys in (("missing", recorded.keys() - found.keys()), ("new", found.keys() - recorded.keys()))
        for key in keys
    ]
    for key in recorded.keys() & found.keys():
        apart += differences(recorded[key], found[key], f"{place}.{key}")
    return apart
