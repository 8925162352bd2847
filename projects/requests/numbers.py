"""Numbers in the fields of requests, which may be below zero: a temperature, a declination."""

from decimal import Decimal
from typing import Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from vre_portal.amounts import parse_number
from vre_portal.text import amount

SIGNS = "+-\u2212"


class NumberField(forms.DecimalField):
    """A number as people type it in the habits of several languages: 1500, 1 500, 1,500 and 1500,5."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        options = {"error_messages": {"invalid": gettext_lazy("Enter a number, for example 1500 or 0.5.")}, **options}
        super().__init__(max_digits=20, decimal_places=6, widget=widget, **options)

    @override
    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say what its base of integers returns
        text = str(value or "").strip()
        if not text:
            return None
        try:
            number = parse_number(text[1:] if text[0] in SIGNS else text)
        except ValueError:
            number = None
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number if text[0] not in SIGNS or text[0] == "+" else -number


def shown_number(value: object) -> str:
    """A stored number with its thousands apart; as it is where it is none."""
    try:
        return amount(float(str(value)))
    except (ValueError, OverflowError):
        return str(value)
