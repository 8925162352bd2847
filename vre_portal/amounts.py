"""Numbers and sizes as people type them: 20 TB, 7.6 PB, 1,5 GB, 1 500."""

import re
from decimal import Decimal, InvalidOperation
from string import ascii_letters

from vre_portal.portable_gettext import decimal

UNITS = {
    "": 1, "b": 1, "o": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15, "eb": 10**18,
    "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15,
    "ko": 10**3, "mo": 10**6, "go": 10**9, "to": 10**12, "po": 10**15,  # octets, in French
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "pib": 2**50,
}  # fmt: skip
MAX_BIGINT = 2**63 - 1  # what the database holds
MAX_DIGITS = 18
MAX_CHARS = 60  # of a text that is read at all: it comes before the length of a form's field is looked at
ABOUT = "~≈"
_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'’](?=\d{3}(?:\D|$))", re.ASCII)
_POWER = re.compile("[0-9]{1,6}(?:[.][0-9]{1,6})?[eE][+]?[0-9]{1,2}")  # 1e6 and 2.5e5


def parse_number(text: str) -> Decimal | None:
    """1 500, 1,500.5, 1.500,5 or ~1,5 as a number; None for an empty text. Raises ValueError for what is no number that is not negative.

    A single mark before three digits is read as in the language of the page: 1,500 is 1500 in English, and 1.5 in German.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(text[:MAX_CHARS])
    text = text.strip().lstrip(ABOUT).strip()
    if not text:
        return None
    if _POWER.fullmatch(text) and (number := Decimal(text)) < 10**MAX_DIGITS:
        return number
    text = _SPACES.sub("", text)
    marks = re.findall("[.,]", text)
    point = ""
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:
        point = marks[-1]
    elif len(marks) == 1:
        point = marks[0] if marks[0] == decimal(".") or not re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", text) else ""
    whole, _point, rest = text.partition(point) if point else (text, "", "")
    other = {".": ",", ",": "."}.get(point, marks[0] if marks else "")
    grouped = rf"[0-9]{{1,3}}(?:\{other}[0-9]{{3}})+" if other else "[0-9]+"
    if not re.fullmatch(rf"[0-9]+|{grouped}", whole) or len(whole) > 2 * MAX_DIGITS or (point and not re.fullmatch("[0-9]{1,18}", rest)):
        raise ValueError(text)
    digits = whole.replace(other, "") if other else whole
    if len(digits) > MAX_DIGITS:
        raise ValueError(text)
    try:
        return Decimal(f"{digits}.{rest}" if rest else digits)
    except InvalidOperation as error:
        raise ValueError(text) from error


def parse_size(text: str, *, unit: str = "b") -> int | None:
    """2.5 GB as a number of bytes; a number alone counts in `unit`. None for an empty text. Raises ValueError for what is not a size."""
    if len(text) > MAX_CHARS:
        raise ValueError(text[:MAX_CHARS])
    whole = text.strip()
    if not whole:
        return None
    amount = whole.rstrip(ascii_letters)
    written = whole[len(amount) :].lower()
    short = written.removesuffix("s").removesuffix("yte")  # 10 Tbytes
    number = parse_number(amount) if short in UNITS else None
    if number is None:
        raise ValueError(text)
    return min(int(number * (UNITS[short] if written else UNITS[unit])), MAX_BIGINT)


def size_text(count: int) -> str:
    """1.5 TB from bytes: in the largest unit, with all its figures, as a form shows what it stored."""
    for name in ("EB", "PB", "TB", "GB", "MB", "kB"):
        factor = UNITS[name.lower()]
        if count >= factor:
            return f"{number_text(Decimal(count) / factor)} {name}"
    return f"{count} B"


def number_text(number: Decimal | float) -> str:
    """20000 and 2.5, without needless decimals, with the decimal mark of the language."""
    value = number if isinstance(number, Decimal) else Decimal(repr(number))
    text = f"{value:f}"
    return decimal(text.rstrip("0").rstrip(".") if "." in text else text)
