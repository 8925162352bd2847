"""Sizes, times and durations in words, and text that came from elsewhere."""

import html
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.html import strip_tags
from django.utils.translation import gettext, ngettext_lazy

from vre_portal.portable_gettext import decimal

# Bidirectional controls can make a name read as another one; line and paragraph separators break layouts.
MAX_DIGITS = 18  # of a number that the database holds
BETWEEN = " · "  # of two values with their names
_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
_BLOCKS = re.compile(r"</?(?:p|div|li|h[1-6]|br|tr|t[dh]|pre|blockquote)\b", re.IGNORECASE)
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
# Seconds of each unit, and how a time that many units ago or ahead is said.
_UNITS = (
    (
        31_557_600,
        ngettext_lazy("%(count)s year ago", "%(count)s years ago", "count"),
        ngettext_lazy("in %(count)s year", "in %(count)s years", "count"),
    ),
    (
        2_629_800,
        ngettext_lazy("%(count)s month ago", "%(count)s months ago", "count"),
        ngettext_lazy("in %(count)s month", "in %(count)s months", "count"),
    ),
    (
        86_400,
        ngettext_lazy("%(count)s day ago", "%(count)s days ago", "count"),
        ngettext_lazy("in %(count)s day", "in %(count)s days", "count"),
    ),
    (
        3_600,
        ngettext_lazy("%(count)s hour ago", "%(count)s hours ago", "count"),
        ngettext_lazy("in %(count)s hour", "in %(count)s hours", "count"),
    ),
    (
        60,
        ngettext_lazy("%(count)s min ago", "%(count)s min ago", "count"),
        ngettext_lazy("in %(count)s min", "in %(count)s min", "count"),
    ),
)


def storable(text: object) -> str:
    """The text without what no database and no page can hold: NUL, and halves of characters (JSON can spell both)."""
    return str(text).encode("utf-8", errors="replace").decode().replace("\0", "\ufffd")


def storable_json(value: Any) -> Any:
    """The same with every text made storable, also where it names a value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable_json(item) for key, item in value.items()}
    return value


def is_storable(text: str) -> bool:
    """Whether the database, an address and a page can hold the text as it is."""
    return storable(text) == text


def plain(text: object) -> str:
    """The text with every invisible control character shown as one visible mark."""
    shown = _CONTROLS.sub("\ufffd", storable(text))
    return "".join("\ufffd" if unicodedata.category(char) == "Cc" and char not in "\n\t" else char for char in shown)


def sentence(text: object) -> str:
    """The text with a full stop where its end has no sign, so that another sentence can follow."""
    words = str(text).strip()
    return words if not words or words[-1] in ".!?…" else f"{words}."


def without_markup(markup: str) -> str:
    """The words of HTML, of each block apart from those of the next."""
    return html.unescape(strip_tags(_BLOCKS.sub(r" \g<0>", markup)))


def size(count: float) -> str:
    """3.1 GB: decimal units, three figures at most."""
    if not math.isfinite(count):
        return gettext("unknown size")
    power = 0
    while abs(count) >= 999.5 and power < len(_SIZES) - 1:
        count /= 1000
        power += 1
    if power == 0:
        return f"{count:.0f} B"
    return f"{decimal(f'{count:.{0 if abs(count) >= 99.95 else 1}f}')} {_SIZES[power]}"


def amount(number: float) -> str:
    """A number with its thousands apart and without needless decimals: 13,000,000 and 2.5."""
    return number_format(int(number) if number == int(number) else round(number, 3) or number, force_grouping=True)


def moment(value: object) -> datetime | None:
    """A datetime with a zone, from a datetime or ISO text; text without a zone is taken as UTC. None also for the first and the last year:
    no date, but what programs write for none, and some zones have no such time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime) or not MINYEAR < value.year < MAXYEAR:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def distance(value: datetime, now: datetime) -> str:
    """3 min ago, in 2 days, just now."""
    seconds = round((now - value).total_seconds())
    for length, ago, ahead in _UNITS:
        count = abs(seconds) // length
        if count:
            return (ago if seconds > 0 else ahead) % {"count": count}
    return gettext("just now") if seconds >= 0 else gettext("in a moment")


def distance_lasts(value: datetime, now: datetime) -> float:
    """For how many seconds `distance` goes on to say the same; up to a second less where the moment is still to come."""
    passed = (now - value).total_seconds()
    whole = abs(round(passed))
    length = next((step for step, *_ in _UNITS if step <= whole), 0)
    if round(passed) < 0:
        return max(-passed - (whole - whole % length if length else 0.5), 0.0)
    larger = [step for step, *_ in _UNITS if step > whole]
    return max(min([*larger, whole - whole % length + length] if length else larger) - 0.5 - passed, 0.0)


def lasting(value: object) -> str | None:
    """2 min 05 s, from seconds or a timedelta."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    seconds = round(max(value, 0))
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"


def number_of(text: str) -> int:
    """A number as an address or a form has it, of a size that the database holds; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else 0


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts run2 before run10."""
    parts = re.split(r"([0-9]{1,18})", name)
    return [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.lower()) for part in parts if part]


def named_values(values: Mapping[str, object]) -> str:
    """Values as one text, each behind its name; those that are empty are left out."""
    texts = {name: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in values.items()}
    return BETWEEN.join(f"{name}: {text.replace(BETWEEN, ' ')}" for name, text in texts.items() if text.strip())
