"""Numbers of results as text: with an error, to two digits of it; else whole, as far as a double holds them."""

import math
import re
from collections.abc import Sequence

# As programs write them; Python's own reading takes underscores and other digits, too.
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
WHOLE = re.compile(r"-?[0-9]+")
COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+(?:[eE][-+]?[0-9]{1,4})?")
ODD = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity"}
MAX_DIGITS = 20  # of a whole number without an error: identifiers and seeds have as many
FIGURES = 12  # of a number without an error: a date with its seconds is whole, and 0.1 + 0.2 is 0.3
SHORT_FIGURES = 6  # of the same number where pages show it beside others; its title and the exports have them all
DOUBLE = 17  # digits that a double has
PLAIN = range(-4, 15)  # powers of ten that are written without an exponent


def number_of(value: object, *, has_decimal_comma: bool = False) -> float | None:
    """The number; None where it is none, or not a finite one."""
    text = str(value).strip()
    if has_decimal_comma and COMMA.fullmatch(text):
        text = text.replace(",", ".")
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def odd_number(value: object) -> str:
    """NaN or Infinity, where a program wrote such a thing in the place of a number; else empty."""
    return ODD.get(str(value).strip().lower().lstrip("+-"), "")


def signed_odd_number(value: object) -> str:
    """The same with the sign of an infinite value."""
    odd = odd_number(value)
    return f"-{odd}" if odd == ODD["inf"] and str(value).strip().startswith("-") else odd


def whole_text(number: int, otherwise: str) -> str:
    """A whole number with all its digits, unless they are too many to be read."""
    return str(number) if abs(number) < 10**MAX_DIGITS else otherwise


def text_of(number: float, error: float | None = None) -> tuple[str, str]:
    """Number and error; the error has two digits, and the number no more places than it, nor more digits than a double has."""
    if not error:
        return _whole(number), "" if error is None else "0"
    of_error = int(f"{error:.1e}".partition("e")[2])  # 0.0996 has two digits as 0.10, and so one place less
    places = 1 - of_error  # behind the point of both
    power = _power(number) if number else of_error
    if power + places >= DOUBLE or max(power, of_error) not in PLAIN:
        digits = min(max(power + places, 0), DOUBLE - 1)
        return _short(f"{number:.{digits}e}" if digits else f"{number:.1g}"), _short(f"{error:.2g}")
    return f"{number:.{max(places, 0)}f}", f"{error:.{max(places, 0)}f}"


def short_texts(texts: Sequence[str]) -> list[str]:
    """Numbers of the same name with at least six digits, and with more where others would look alike; what has an error stays as it is."""
    for figures in range(SHORT_FIGURES, FIGURES):
        short = [_shortened(text, figures) for text in texts]
        if len(set(short)) == len(set(texts)):
            return short
    return list(texts)


def short_text(text: str) -> str:
    """A number as it is shown alone."""
    return _shortened(text, SHORT_FIGURES)


def _shortened(text: str, figures: int) -> str:
    if not (NUMBER.fullmatch(text) and "." in text):
        return text  # whole numbers may be identifiers
    if "e" in text:
        return _short(f"{float(text):.{figures}g}")
    number = float(text)
    places = max(figures - 1 - _power(number), 0) if number else 0
    short = f"{number:.{places}f}"
    return (short.rstrip("0").rstrip(".") if places else short) if len(short) < len(text) else text


def _power(number: float) -> int:
    return math.floor(math.log10(abs(number)))


def _whole(number: float) -> str:
    if number.is_integer() and abs(number) < 2**53:
        return str(int(number))
    return _short(f"{number:.{FIGURES}g}")


def _short(text: str) -> str:
    return re.sub(r"e([+-])0?(\d)", lambda match: f"e{match[1].replace('+', '')}{match[2]}", text)
