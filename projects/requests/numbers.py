"""Numbers as people type them, in the habits of several languages."""

import re
from decimal import Decimal
from typing import Any, override

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy

_BLANKS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")  # also narrow and fixed ones, and the apostrophe of Switzerland
_GROUPS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")  # 12,345.6
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+|[-+]?[1-9]\d{0,2}(\.\d{3})+,\d+")  # 1500,5 and 1.500,5


class NumberField(forms.DecimalField):
    """1500, 1 500, 1,500 and 1500,5; a comma before three digits separates thousands, as in the numbers of the portal."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        options = {"error_messages": {"invalid": gettext_lazy("Enter a number, for example 1500 or 0.5.")}, **options}
        super().__init__(max_digits=20, decimal_places=6, widget=widget, **options)

    @override
    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say what its base of integers returns
        return super().to_python(with_point(str(value)) if value not in self.empty_values else value)


def with_point(text: str) -> str:
    """The number with a decimal point and without marks between its digits; as it is where it is none."""
    text = _BLANKS.sub("", text.strip())
    if _GROUPS.fullmatch(text):
        return text.replace(",", "")
    return text.replace(".", "").replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def shown_number(value: object) -> str:
    """A stored number with its thousands apart; as it is where it is none."""
    text = str(value)
    return str(number_format(text, force_grouping=True)) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text
