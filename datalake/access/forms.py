"""What people write when they ask for access, and what owners answer."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

LONGEST = 4000


class AskForm(forms.Form):
    """Why somebody needs the data."""

    reason = forms.CharField(
        label="What do you need it for?",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The people who decide read this together with your name and e-mail address.",
    )


class AnswerForm(forms.Form):
    """Yes or no, with a word, and for a yes until when."""

    GRANT, DECLINE = "grant", "decline"

    answer = forms.CharField(
        label="A word to the person",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed to decline.",
    )
    until = forms.DateField(
        label="Access ends on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At the end of that day, UTC. Empty: until somebody ends it.",
    )
    decision = forms.ChoiceField(choices=[(GRANT, "Grant access"), (DECLINE, "Decline")], widget=forms.HiddenInput)

    def clean_until(self) -> datetime | None:
        """The first moment after the chosen day."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < timezone.now().astimezone(UTC).date():
            raise forms.ValidationError("That day is over.")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("decision") == self.DECLINE and not values.get("answer"):
            self.add_error("answer", "Say in a few words why, so that the person knows what to do.")
        return values
