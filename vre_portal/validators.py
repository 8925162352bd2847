"""Checks of what people type that several forms share."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
JOINERS = frozenset("\u200c\u200d")  # needed between letters of Persian and of Indian scripts, and within some emoji
LINE_BREAKS = frozenset("\r\n\t")


def _check(value: str, allowed: frozenset[str]) -> None:
    for char in value:
        if char not in allowed and unicodedata.category(char) in INVISIBLE:
            message = _("Remove the invisible character U+%(code)s.")
            raise ValidationError(message % {"code": f"{ord(char):04X}"}, code="invisible")
    if value and not any(char not in JOINERS and not char.isspace() and unicodedata.category(char) not in INVISIBLE for char in value):
        raise ValidationError(_("Enter at least one visible character."), code="invisible")


def validate_visible_line(value: str) -> None:
    """Refuse text of one line with control, direction or other invisible characters, or with nothing that is visible."""
    _check(value, JOINERS)


def validate_visible_text(value: str) -> None:
    """The same for text of several lines."""
    _check(value, JOINERS | LINE_BREAKS)
