"""Parts of a Yadage stage, which Yadage writes in several ways, in one form."""

import json
import re
from typing import Any

from documents import cut

WORDS = re.compile(r"[A-Za-z0-9_-]+")


def mapping(value: Any) -> dict[str, Any]:
    """The value, or an empty mapping where it is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value, or an empty list where it is none."""
    return value if isinstance(value, list) else []


def parameters(value: Any) -> dict[str, Any]:
    """Parameters of a stage by name, from the list that the loader makes of them."""
    if isinstance(value, list):
        return {str(item.get("key")): item.get("value") for item in value if isinstance(item, dict)}
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return [value]
    return [text for item in (value.values() if isinstance(value, dict) else items(value)) for text in texts(item)]


def named(dependencies: Any, names: frozenset[str]) -> set[str]:
    """Stages that the dependencies name, plainly or inside a JSONPath."""
    expressions = dependencies.get("expressions") if isinstance(dependencies, dict) else dependencies
    words = {word for text in texts(expressions) for word in [text, *WORDS.findall(text)]}
    return words & names


def references(value: Any) -> list[dict[str, Any]]:
    """Parts that take an output of a stage."""
    if isinstance(value, dict):
        own = [value] if any(key in value for key in ("step", "steps", "stages")) else []
        return own + [found for item in value.values() for found in references(item)]
    return [found for item in value for found in references(item)] if isinstance(value, list) else []


def steps_of(value: Any, names: frozenset[str]) -> set[str]:
    """Stages whose outputs a parameter takes."""
    return {name for part in references(value) for key in ("step", "steps", "stages") for name in named([part.get(key)], names)}


def init_outputs(value: Any) -> list[str]:
    """Parameters of the run that a stage's parameter takes."""
    return [
        str(part.get("output")) for part in references(value) if "init" in texts([part.get(key) for key in ("step", "steps", "stages")])
    ]


def unknown(dependencies: Any, given: dict[str, Any], names: frozenset[str]) -> list[str]:
    """Plain names of stages that do not exist."""
    expressions = dependencies.get("expressions") if isinstance(dependencies, dict) else dependencies
    asked = [*texts(expressions), *(text for value in given.values() for part in references(value) for text in texts([part.get("step")]))]
    return [name for name in dict.fromkeys(asked) if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in names and name != "init"]


def names_none(dependencies: Any, given: dict[str, Any]) -> bool:
    """Whether something stands where the name of a stage should."""
    expressions = dependencies.get("expressions") if isinstance(dependencies, dict) else dependencies
    asked = [*items(expressions), *(part["step"] for value in given.values() for part in references(value) if "step" in part)]
    return any(not isinstance(name, str) or not name for name in asked)


def sources(value: Any) -> list[str]:
    """Where a parameter comes from: stage/output, or the value itself."""
    found = references(value)
    if found:
        return [
            cut(f"{next((part[key] for key in ('step', 'steps', 'stages') if key in part), '')}/{part.get('output', '')}") for part in found
        ]
    return [cut(value if isinstance(value, str) else json.dumps(value, default=str))] if value is not None else []


def published(publisher: dict[str, Any]) -> list[str]:
    """Names of what a stage gives on."""
    for key in ("publish", "outputmap"):
        if isinstance(publisher.get(key), dict):
            return [str(name) for name in publisher[key]][:100]
    return [str(publisher["outputkey"])] if publisher.get("outputkey") else []


def used_by_publisher(publisher: dict[str, Any]) -> list[str]:
    """Parameters that are published under another name."""
    mapped = publisher.get("outputmap")
    return [str(item) for item in mapped.values()] if isinstance(mapped, dict) else []
