"""The forms of a request for access and of its answer."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_TEXT_LENGTH = 4000


class AskForm(forms.Form):
    """A request: why the person needs the data."""

    reason = forms.CharField(
        label=_("Why do you need access?"),
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The owners of the data see this with your name and e-mail address."),
    )


class AnswerForm(forms.Form):
    """An answer: granted or declined, with a message, and the day on which granted access ends."""

    GRANT, DECLINE = "grant", "decline"

    answer = forms.CharField(
        label=_("Message to the person"),
        max_length=MAX_TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Required if you decline."),
    )
    until = forms.DateField(
        label=_("Access ends on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("At the end of this day (UTC). Leave empty for no end date."),
    )
    decision = forms.ChoiceField(choices=[(GRANT, _("Grant access")), (DECLINE, _("Decline request"))], widget=forms.HiddenInput)

    def clean_until(self) -> datetime | None:
        """The first moment after the chosen day."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < timezone.now().astimezone(UTC).date():
            raise forms.ValidationError(gettext("This day is in the past. Choose today or a later day."))
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("decision") == self.DECLINE and not values.get("answer"):
            self.add_error("answer", gettext("A message is required to decline. Say why, so that the person knows what to do."))
        return values
