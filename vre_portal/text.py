"""Words for machines' values: sizes, times, durations and text that came from elsewhere."""

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

# Bidirectional controls can make a name read as another one; line and paragraph separators break layouts.
_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_STEPS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))


def storable(text: object) -> str:
    """The text without what no database and no page can hold: NUL, and halves of characters (JSON can spell both)."""
    return str(text).encode("utf-8", errors="replace").decode().replace("\0", "\ufffd")


def is_storable(text: str) -> bool:
    """Whether the database, an address and a page can hold the text as it is."""
    return storable(text) == text


def plain(text: object) -> str:
    """The text with every invisible control character shown as one visible mark."""
    shown = _CONTROLS.sub("\ufffd", storable(text))
    return "".join("\ufffd" if unicodedata.category(char) == "Cc" and char not in "\n\t" else char for char in shown)


def size(count: float) -> str:
    """3.1 GB: decimal units, three figures at most."""
    if not math.isfinite(count):
        return "unknown size"
    power = 0
    while abs(count) >= 999.5 and power < len(_SIZES) - 1:
        count /= 1000
        power += 1
    if power == 0:
        return f"{count:.0f} B"
    return f"{count:.{0 if abs(count) >= 99.95 else 1}f} {_SIZES[power]}"


def moment(value: object) -> datetime | None:
    """A datetime with a zone, from a datetime or ISO text; text without a zone is taken as UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def distance(value: datetime, now: datetime) -> str:
    """3 minutes ago, in 2 days, just now."""
    seconds = round((now - value).total_seconds())
    for unit, length in _STEPS:
        count = abs(seconds) // length
        if count:
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


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
