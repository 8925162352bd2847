"""Texts that people type into a form: which characters a title may have, and how a text that is too long is answered."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Letters and marks that show nothing by themselves, although Unicode counts them as visible.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")  # needed inside words of several scripts
TOO_LONG = gettext_lazy("Enter at most %(limit_value)s characters. Your text has %(show_value)s.")


def is_invisible(char: str) -> bool:
    """Whether a character shows nothing and is no blank: controls, marks of direction, joiners, fillers, private and unassigned ones."""
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") or char in _BLANK or "\ufe00" <= char <= "\ufe0f"


def validate_title(text: str) -> None:
    """Refuses a line with control characters or marks of direction, and one in which nothing can be seen."""
    hidden = [
        char
        for char in text
        if (is_invisible(char) and char not in _JOINERS and not "\ufe00" <= char <= "\ufe0f") or char in "\u2028\u2029"
    ]
    if hidden:
        message = _("The text contains a character that can't be seen (U+%(code)s). Remove it.")
        raise ValidationError(message % {"code": f"{ord(hidden[0]):04X}"}, code="invisible")
    if text and all(is_invisible(char) or char.isspace() for char in text):
        raise ValidationError(_("The text contains only characters that can't be seen."), code="invisible")


def say_limits(form: forms.BaseForm) -> None:
    """Let the form say its limits with numbers, and the browser cut nothing: what is pasted and too long would be lost unseen."""
    for field in form.fields.values():
        if "max_length" in dir(field) and getattr(field, "max_length", None):
            field.error_messages["max_length"] = TOO_LONG
            field.widget.attrs.pop("maxlength", None)
