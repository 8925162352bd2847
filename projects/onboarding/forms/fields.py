"""Fields and widgets that the steps share: amounts with units, lines of text, dates."""

from typing import Any

from django import forms

from projects.editing.fields import LinesField
from vre_portal.validators import say_limits, validate_visible_line, validate_visible_text

MAX_LINE, MAX_TEXT, MAX_AMOUNT = 200, 1000, 1e9


def line(label: Any, hint: Any = "", *, limit: int = MAX_LINE) -> forms.CharField:
    """An optional text of one line."""
    return forms.CharField(label=label, help_text=hint, max_length=limit, required=False, validators=[validate_visible_line])


def text(label: Any, hint: Any = "", *, rows: int = 3) -> forms.CharField:
    """An optional text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, help_text=hint, max_length=MAX_TEXT, required=False, widget=widget, validators=[validate_visible_text]
    )


def amount(label: Any, hint: Any = "") -> forms.FloatField:
    """An optional number that is not negative; typed as text, because a number field forgets what is no number."""
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.FloatField(label=label, help_text=hint, required=False, min_value=0, max_value=MAX_AMOUNT, widget=widget)


def day(label: Any, hint: Any = "") -> forms.DateField:
    """An optional date."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=hint, required=False, widget=widget, input_formats=["%Y-%m-%d"])


def lines(label: Any, hint: Any = "") -> LinesField:
    """An optional list of texts, one per line or separated by commas."""
    return LinesField(label=label, help_text=hint, commas=True)


class StepFields(forms.Form):
    """The base of all steps: limits are said with their numbers."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        say_limits(self)
