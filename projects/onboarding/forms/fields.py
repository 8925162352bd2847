"""Fields and widgets that the steps share: amounts with units, lines of text, dates."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext

from projects.editing.fields import LinesField
from vre_portal.amounts import number_text, parse_number, parse_size, size_text
from vre_portal.pasted_text import TextField
from vre_portal.portable_gettext import grouped
from vre_portal.validators import say_limits, validate_visible_line

MAX_LINE, MAX_TEXT, MAX_AMOUNT = 200, 1000, 10**9
GIGABYTE = 10**9


def line(label: Any, hint: Any = "", *, limit: int = MAX_LINE) -> forms.CharField:
    """An optional text of one line."""
    return forms.CharField(label=label, help_text=hint, max_length=limit, required=False, validators=[validate_visible_line])


def text(label: Any, hint: Any = "", *, rows: int = 3) -> TextField:
    """An optional text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return TextField(label=label, help_text=hint, max_length=MAX_TEXT, required=False, widget=widget)


class AmountField(forms.CharField):
    """A number that is not negative, as people type it; stored whole where it is whole."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **options)

    def prepare_value(self, value: Any) -> Any:
        """A stored number as somebody would type it; what was typed as it was typed."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.text_of(value) if is_number and 0 <= value <= MAX_AMOUNT else value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "")
        try:
            found = self.parse(text)
        except ValueError:
            raise forms.ValidationError(self.mistake(), code="invalid") from None
        if found is None:
            return None
        if found > MAX_AMOUNT:
            message = gettext("Enter at most %(limit)s.") % {"limit": self.limit()}
            raise forms.ValidationError(message, code="max_value")
        return int(found) if found == int(found) else float(found)

    def run_validators(self, value: Any) -> None:
        """Those of texts do not fit a number."""

    def parse(self, text: str) -> Decimal | None:
        """The number that somebody typed. Raises ValueError."""
        return parse_number(text)

    def text_of(self, value: float) -> str:
        """A number as it is typed."""
        return number_text(value)

    def mistake(self) -> str:
        """What is said of a text that is no number."""
        return gettext("Enter a number, for example 5000 or 2.5.")

    def limit(self) -> str:
        """The most that can be entered."""
        return grouped(MAX_AMOUNT)


class SizeField(AmountField):
    """An amount of data, stored in GB; a number without a unit counts GB."""

    def parse(self, text: str) -> Decimal | None:
        count = parse_size(text, unit="gb")
        return None if count is None else Decimal(count) / GIGABYTE

    def text_of(self, value: float) -> str:
        return size_text(round(value * GIGABYTE))

    def mistake(self) -> str:
        return gettext("Enter a size, for example 500 GB or 20 TB.")

    def limit(self) -> str:
        return size_text(MAX_AMOUNT * GIGABYTE)


def amount(label: Any, hint: Any = "") -> AmountField:
    """An optional number."""
    return AmountField(label=label, help_text=hint)


def data_size(label: Any, hint: Any = "") -> SizeField:
    """An optional amount of data."""
    return SizeField(label=label, help_text=hint)


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
