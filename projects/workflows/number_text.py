"""Numbers of results as text: with an error, to two digits of it; else whole, as far as a double holds them."""

import math
import re

# As programs write them; Python's own reading takes underscores and other digits, too.
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+(?:[eE][-+]?[0-9]{1,4})?")
FIGURES = 12  # of a number without an error: a date with its seconds is whole, and 0.1 + 0.2 is 0.3
PLAIN = range(-4, 15)  # powers of ten that are written without an exponent


def number_of(value: object, *, has_decimal_comma: bool = False) -> float | None:
    """The number; None where it is none, or not a finite one."""
    text = str(value).strip()
    if has_decimal_comma and COMMA.fullmatch(text):
        text = text.replace(",", ".")
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def text_of(number: float, error: float | None = None) -> tuple[str, str]:
    """Number and error; the error has two digits, and the number no more places than it."""
    if not error:
        return _whole(number), "" if error is None else "0"
    places = 1 - _power(error)  # behind the point of both
    power = _power(number) if number else _power(error)
    if power in PLAIN:
        return f"{number:.{max(places, 0)}f}", f"{error:.{max(places, 0)}f}"
    return _short(f"{number:.{max(power + places, 0)}e}"), _short(f"{error:.2g}")


def _power(number: float) -> int:
    return math.floor(math.log10(abs(number)))


def _whole(number: float) -> str:
    if number.is_integer() and abs(number) < 2**53:
        return str(int(number))
    return _short(f"{number:.{FIGURES}g}")


def _short(text: str) -> str:
    return re.sub(r"e([+-])0?(\d)", lambda match: f"e{match[1].replace('+', '')}{match[2]}", text)
