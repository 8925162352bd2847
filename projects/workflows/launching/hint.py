"""What is known of a parameter beyond its default: one type for all sources, and what of it cannot hold for the default."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows.launching.plain_values import LONGEST_NUMBER, SCALARS, is_multiple, is_number, is_usable, same
from vre_portal.text import storable

Scalar = str | int | float | bool | None
Number = int | float
DATE, MOMENT = "date", "date-time"
MAX_TEXT = {"label": 200, "unit": 40, "help": 1000, "group": 100, "kind": 20}  # characters
MAX_CHOICES = 500
BOUNDS = ("min", "max", "above", "below")


@dataclass(frozen=True)
class Hint:
    """Words, limits and choices of one parameter; `above` and `below` are limits that are not allowed themselves."""

    label: str = ""
    unit: str = ""
    help: str = ""
    min: Number | None = None
    max: Number | None = None
    above: Number | None = None
    below: Number | None = None
    step: Number | None = None
    choices: tuple[Scalar, ...] = ()
    kind: str = ""  # DATE or MOMENT, of a text
    group: str = ""
    advanced: bool | None = None

    def over(self, other: "Hint") -> "Hint":
        """The other one with what this one says put over it."""
        said = {item.name: value for item in fields(self) if (value := getattr(self, item.name)) not in ("", None, ())}
        return replace(other, **said)

    @property
    def range(self) -> str:
        """The allowed numbers as a sentence; empty where there is no limit."""
        values = {"low": self.min if self.min is not None else self.above, "high": self.max if self.max is not None else self.below}
        low = "" if values["low"] is None else "from" if self.min is not None else "above"
        high = "" if values["high"] is None else "to" if self.max is not None else "below"
        return (RANGES[low, high]() % values) if low or high else ""


RANGES: dict[tuple[str, str], Callable[[], str]] = {
    ("from", ""): lambda: _("At least %(low)s."),
    ("above", ""): lambda: _("More than %(low)s."),
    ("", "to"): lambda: _("At most %(high)s."),
    ("", "below"): lambda: _("Less than %(high)s."),
    ("from", "to"): lambda: _("From %(low)s to %(high)s."),
    ("from", "below"): lambda: _("From %(low)s to less than %(high)s."),
    ("above", "to"): lambda: _("More than %(low)s, at most %(high)s."),
    ("above", "below"): lambda: _("More than %(low)s and less than %(high)s."),
}
ALIASES = {"hint": "help", "format": "kind"}  # names in files -> attributes


def read_hint(raw: Mapping[Any, Any]) -> tuple[Hint, list[str]]:
    """The hint that a mapping of a file says, and what of it is not used."""
    said: dict[str, Any] = {}
    notes = []
    known = {item.name for item in fields(Hint)} - {"kind"}
    for key, value in raw.items():
        name = ALIASES.get(str(key), str(key))
        if str(key) not in known and str(key) not in ALIASES:
            notes.append(_("%(name)s: is not known here") % {"name": storable(str(key))[:60]})
        elif wrong := _wrong(name, value):
            notes.append(f"{key}: {wrong}")
        else:
            said[name] = tuple(value) if name == "choices" else value
    return Hint(**said), notes


def _wrong(name: str, value: Any) -> str:
    """Why a value cannot be one of a hint; empty where it can."""
    if name in MAX_TEXT:
        if not isinstance(value, str) or storable(value) != value:
            return _("must be text")
        if len(value) > MAX_TEXT[name]:
            return _("has more than %(limit)s characters") % {"limit": MAX_TEXT[name]}
        return _("must be date or date-time") if name == "kind" and value not in (DATE, MOMENT) else ""
    if name == "advanced":
        return "" if isinstance(value, bool) else _("must be true or false")
    if name == "choices":
        fits = isinstance(value, list) and 0 < len(value) <= MAX_CHOICES and all(is_usable(item) for item in value)
        return "" if fits else _("must be a list of texts, numbers, true or false")
    if not is_number(value):
        return _("must be a number")
    if not is_usable(value):
        return _("has more than %(limit)s characters") % {"limit": LONGEST_NUMBER}
    return _("must be more than 0") if name == "step" and value <= 0 else ""


def fitting(hint: Hint, default: Any) -> tuple[Hint, list[str]]:
    """The hint without what contradicts the default, and what that was."""
    dropped = dict(_contradictions(hint, default))
    empty = Hint()
    kept = replace(hint, **{name: getattr(empty, name) for name in dropped})
    if kept.choices and not any(same(choice, default) for choice in kept.choices):
        kept = replace(kept, choices=(default, *kept.choices))
        dropped["choices"] = _("the default is not one of them; it is added")
    return kept, [f"{name}: {words}" for name, words in dropped.items()]


def _contradictions(hint: Hint, default: Any) -> Iterator[tuple[str, str]]:
    for name in (*BOUNDS, "step"):
        limit = getattr(hint, name)
        if limit is None:
            continue
        if not is_number(default):
            yield name, _("is not used: the default is not a number")
        elif name == "step":
            if not is_multiple(default, limit):
                yield name, _("is not used: the default %(value)s is not a multiple of %(limit)s") % {"value": default, "limit": limit}
        elif _is_outside(default, name, limit):
            yield name, _("is not used: the default %(value)s is outside of it") % {"value": default}
    if hint.choices and not isinstance(default, SCALARS):
        yield "choices", _("is not used: the default is a list or an object")
    if hint.kind and not (isinstance(default, str) and is_moment(default, hint.kind)):
        yield "kind", _("is not used: the default is not such a text")


def _is_outside(value: Number, bound: str, limit: Number) -> bool:
    if bound in ("min", "above"):
        return value < limit if bound == "min" else value <= limit
    return value > limit if bound == "max" else value >= limit


def is_moment(text: str, kind: str) -> bool:
    """Whether a text is a date (2027-01-31), or a date with a time, in the form of ISO 8601."""
    try:
        if kind == DATE:
            return date.fromisoformat(text).isoformat() == text
        return "T" in text and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def kind_of(default: Any) -> str:
    """DATE or MOMENT where the default is such a text; else empty."""
    if not isinstance(default, str):
        return ""
    return next((kind for kind in (DATE, MOMENT) if is_moment(default, kind)), "")
