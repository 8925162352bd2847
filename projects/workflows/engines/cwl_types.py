"""Whether a value fits a type of CWL, as far as the type can be told from its short form."""

from typing import Any

NUMBERS = ("int", "long", "float", "double")


def fits(value: Any, kind: str) -> bool:
    """False only where it certainly does not: of types that are not known here anything fits."""
    kind = kind.removesuffix("?")
    if kind.endswith("[]"):
        return isinstance(value, list) and all(fits(item, kind.removesuffix("[]")) for item in value)
    if kind in ("File", "Directory"):
        places = [value[key] for key in ("path", "location") if key in value] if isinstance(value, dict) else []
        return isinstance(value, dict) and value.get("class") == kind and all(place and isinstance(place, str) for place in places)
    if kind in NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind in ("float", "double") or isinstance(value, int))
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, str) if kind == "string" else True
