"""Checks of what people type that several forms share: text that can be seen, and limits that are said with their numbers."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
# Letters and marks that show nothing by themselves, although Unicode counts them as visible.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
JOINERS = frozenset("\u200c\u200d")  # needed between letters of Persian and of Indian scripts, and within some emoji
LINE_BREAKS = frozenset("\r\n\t")
AROUND, HERE = 20, "\ufffd"  # characters that are shown before and behind one that is refused, and what stands for it
TOO_LONG = gettext_lazy("Enter at most %(limit_value)s characters. Your text has %(show_value)s.")


def is_invisible(char: str) -> bool:
    """Whether a character shows nothing and is no blank: controls, marks of direction, joiners, fillers, private and unassigned ones."""
    return unicodedata.category(char) in INVISIBLE or char in BLANK


def is_visible_text(text: str) -> bool:
    """Whether people can see what a text of several lines says."""
    try:
        validate_visible_text(text)
    except ValidationError:
        return False
    return bool(text)


def validate_visible_line(value: str) -> None:
    """Refuse text of one line with control, direction or other invisible characters, or with nothing that is visible."""
    _check(value, JOINERS)


def validate_title(value: str) -> None:
    """Refuse what is no visible line, and a title of punctuation alone: it can be neither read aloud nor searched."""
    validate_visible_line(value)
    if not any(unicodedata.category(char)[0] in "LNS" for char in value):
        raise ValidationError(_("Enter at least one letter or digit."), code="blank")


def validate_visible_text(value: str) -> None:
    """The same for text of several lines."""
    _check(value, JOINERS | LINE_BREAKS)


def _check(value: str, allowed: frozenset[str]) -> None:
    for place, char in enumerate(value):
        if char not in allowed and is_invisible(char):
            message = _(
                "The text contains a character that can't be seen (U+%(code)s), here: “%(words)s”. Remove it, or type these words again."
            )
            around = value[max(0, place - AROUND) : place] + HERE + value[place + 1 : place + AROUND]
            words = "".join(" " if is_invisible(other) else other for other in around)
            raise ValidationError(message % {"code": f"{ord(char):04X}", "words": " ".join(words.split())}, code="invisible")
    if value and not any(unicodedata.category(char)[0] in "LNPS" for char in value):
        raise ValidationError(_("The text contains only characters that can't be seen."), code="invisible")


def say_limits(form: forms.BaseForm) -> None:
    """Let the form say its limits with numbers, and the browser cut nothing: what is pasted and too long would be lost unseen."""
    for field in form.fields.values():
        if "max_length" in dir(field) and getattr(field, "max_length", None):
            field.error_messages["max_length"] = TOO_LONG
            field.widget.attrs.pop("maxlength", None)
