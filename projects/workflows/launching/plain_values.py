"""Values of parameters as data: written as JSON, and kept from leaving their quotes in a command line."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from vre_portal.text import is_storable, storable

LONGEST_NUMBER = 100  # characters of a number that a person types
SCALARS = (str, int, float, bool, type(None))
NEEDLESS_ZEROS = re.compile(r"[-+]?(?:0[0-9]+(?:\.[0-9]*)?|[0-9]*\.[0-9]*0)")
FORBIDDEN = "`$\\\"'\x7f"
FORBIDDEN_TEXT = gettext_lazy("Leave out quotes, backslashes, dollar signs, backticks and control characters.")


def written(value: Any) -> str:
    """The value as JSON, with its letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def is_number(value: Any) -> bool:
    """Whether it is a finite number; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)  # whole numbers of any size: some are no float


def is_usable(value: Any) -> bool:
    """Whether a page, the database and JSON can hold the value, and a person could type it."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return is_number(value) and (isinstance(value, float) or abs(value) < 10**LONGEST_NUMBER)
    return value is None or isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """Whether both are the same value of the same type; 1, 1.0 and true are three values."""
    return written(one) == written(other)


def differs(typed: str, number: float) -> bool:
    """Whether a float has not all digits of what was typed."""
    try:
        return Decimal(typed.strip().replace("_", "")) != Decimal(repr(number))
    except InvalidOperation:
        return False


def has_needless_zeros(text: str) -> bool:
    """Whether a number has zeros that it loses as a number: 3.10 and 007."""
    return NEEDLESS_ZEROS.fullmatch(text) is not None


def is_multiple(value: float, step: float) -> bool:
    """Whether a number is a multiple of a step, by their written digits: 0.3 is one of 0.1."""
    try:
        return Decimal(repr(value)) % Decimal(repr(step)) == 0
    except InvalidOperation:  # as many digits as no decimal has
        return False


def require_plain(*texts: str, lines: bool = False) -> None:
    """Raises ValidationError where a text has characters that could leave its quotes in a command line."""
    for text in texts:
        odd = any((ord(character) < 32 and not (lines and character == "\n")) or character in FORBIDDEN for character in text)
        if odd or storable(text) != text:
            raise ValidationError(FORBIDDEN_TEXT)


def texts_of(value: Any) -> list[str]:
    """All texts in a value, keys too."""
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in texts_of(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []
