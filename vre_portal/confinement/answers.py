"""The answer of a confined program, checked as what it is: text that a stranger may have written."""

import json
import math
from typing import IO, Any

from vre_portal.text import storable_json

MAX_DEPTH = 40
# Each is many times as large in memory as in the text. Brackets and commas in texts are counted, too: there are far fewer of them.
MAX_CONTAINERS = 200_000
MAX_ITEMS = 1_000_000


class BadAnswer(ValueError):
    """It is no JSON, or none that may be kept."""


def read(stream: IO[bytes], most: int) -> dict[str, Any]:
    """The object in the file. Raises BadAnswer where there is none, and where it is too large, nested too deeply, or has endless numbers."""
    stream.seek(0)
    text = stream.read(most + 1)
    if not text or len(text) > most or text.count(b"{") + text.count(b"[") > MAX_CONTAINERS or text.count(b",") > MAX_ITEMS:
        raise BadAnswer
    try:
        found = json.loads(text, parse_constant=_refused, parse_float=_finite)
        if not isinstance(found, dict) or _depth(found) > MAX_DEPTH:
            raise BadAnswer
        checked: dict[str, Any] = storable_json(found)
    except (ValueError, RecursionError):
        raise BadAnswer from None
    return checked


def _refused(word: str) -> float:
    raise BadAnswer(word)


def _finite(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _refused(word)


def _depth(value: Any) -> int:
    """How deep objects and lists are nested."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
    return depth
