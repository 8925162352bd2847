"""A form field for a moment in UTC, to the minute."""

from datetime import UTC, datetime, timedelta
from typing import Any, override

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MOMENT = "%Y-%m-%dT%H:%M"
# Beyond, a moment is a slip of the pen; the first and the last years that Python knows cannot be shown in all time zones.
FARTHEST = timedelta(days=10 * 366)
INVALID = _("This is not a date with a time. Enter it as 2027-03-03 14:30.")


class MomentField(forms.DateTimeField):
    """A moment in UTC within ten years of now, which may be left empty."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"})
        formats = [MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
        super().__init__(required=False, input_formats=formats, error_messages={"invalid": INVALID}, widget=widget, **options)

    @override
    def validate(self, value: datetime | None) -> None:
        super().validate(value)
        if value is not None and not timezone.now() - FARTHEST < value < timezone.now() + FARTHEST:
            raise forms.ValidationError(gettext("This is more than ten years away. Check the year."))


def same_minute(typed: datetime, stored: datetime) -> bool:
    """Whether a form that showed the stored moment to the minute was left as it was."""
    return typed.astimezone(UTC).strftime(MOMENT) == stored.astimezone(UTC).strftime(MOMENT)
