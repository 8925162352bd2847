"""Titles that people type: each can be seen, and reads as what it is."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Characters that take no ink although Unicode calls them letters or symbols.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def validate_title(text: str) -> None:
    """Raise ValidationError for a title with invisible or control characters, or without a letter, a digit or a symbol."""
    if any(unicodedata.category(char) in _INVISIBLE or char in _BLANK for char in text):
        raise ValidationError(_("This contains invisible characters. Type it again instead of copying it."), code="invisible")
    if not any(unicodedata.category(char)[0] in "LNS" for char in text):
        raise ValidationError(_("Enter at least one letter or digit."), code="blank")
