"""The check of titles: somebody who sees one must see something, and see it as it is stored."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from vre_portal.text import plain

# Letters and marks by their category that no font draws.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Zl", "Zp", "Zs"})


def validate_visible(value: str) -> None:
    """Raise ValidationError for a line of text with control characters, or with nothing that can be seen."""
    if plain(value) != value or any(char in value for char in "\n\t\ufffe\uffff"):
        raise ValidationError(_("Remove control characters: the text contains characters that nobody can see."))
    if value and all(char in _BLANK_LETTERS or unicodedata.category(char) in _UNSEEN for char in value):
        raise ValidationError(_("Enter at least one visible character."))
