"""A form field for a moment in UTC, to the minute."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOMENT = "%Y-%m-%dT%H:%M"
INVALID = _("This is not a date with a time. Enter it as 2027-03-03 14:30.")


class MomentField(forms.DateTimeField):
    """A moment in UTC, which may be left empty."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"})
        formats = [MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
        super().__init__(required=False, input_formats=formats, error_messages={"invalid": INVALID}, widget=widget, **options)


def same_minute(typed: datetime, stored: datetime) -> bool:
    """Whether a form that showed the stored moment to the minute was left as it was."""
    return typed.astimezone(UTC).strftime(MOMENT) == stored.astimezone(UTC).strftime(MOMENT)
