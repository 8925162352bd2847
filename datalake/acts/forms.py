"""What people say when they act on a rule."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

DAYS = (
    ("1", "1 day"),
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "a year"),
    ("", "for good"),
    ("date", "until a date"),
)
LONGEST = timedelta(days=3653)


class ProlongForm(forms.Form):
    """A number of days from now, a date, or for good."""

    days = forms.ChoiceField(choices=DAYS, required=False, label="Keep it")
    date = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if values.get("days") == "date":
            chosen = values.get("date")
            if chosen is None and "date" not in self.errors:
                self.add_error("date", "Which day?")
            elif chosen is not None and not timezone.now() < datetime.combine(chosen, time(23, 59), UTC) < timezone.now() + LONGEST:
                self.add_error("date", "A day in the next ten years.")
        return values

    def until(self) -> str:
        """The end, as acts keep it."""
        days = self.cleaned_data["days"]
        if days == "date":
            return datetime.combine(self.cleaned_data["date"], time(23, 59), UTC).isoformat()
        return (timezone.now() + timedelta(days=int(days))).isoformat() if days else ""


class PriorityForm(forms.Form):
    """1 is last, 5 is first."""

    priority = forms.TypedChoiceField(choices=[(str(number), str(number)) for number in range(1, 6)], coerce=int)


class ReasonForm(forms.Form):
    """Why not."""

    reason = forms.CharField(max_length=250, required=False)


MOST_DIDS = 1000
GROUPINGS = (("DATASET", "each dataset at one place"), ("ALL", "all at one place"), ("NONE", "each file anywhere"))
LIFETIMES = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "for good"))


def pairs(text: str) -> list[list[str]]:
    """DIDs as people paste them: one on a line, scope:name; raises ValidationError."""
    found: dict[tuple[str, str], None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.strip().removeprefix("rucio:").strip()
        if not written:
            continue
        scope, colon, name = written.partition(":")
        if not colon or not scope.strip() or not name.strip():
            raise forms.ValidationError(f"Line {number} is no DID: write scope:name.")
        if len(scope) > 60 or len(name) > 500 or "\0" in written:
            raise forms.ValidationError(f"Line {number} is longer than any DID.")
        found[scope.strip(), name.strip()] = None
    if len(found) > MOST_DIDS:
        raise forms.ValidationError(f"At most {MOST_DIDS:,} DIDs at once; these are {len(found):,}.")
    return [list(pair) for pair in found]


class DidsField(forms.CharField):
    """A pasted list of DIDs."""

    def __init__(self, **options: Any) -> None:
        rows = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono", "placeholder": "scope:name"})
        super().__init__(max_length=MOST_DIDS * 600, widget=rows, **options)

    def clean(self, value: Any) -> Any:
        return pairs(super().clean(value))


class WhatForm(forms.Form):
    """Which data."""

    dids = DidsField(label="Data", help_text="One DID on a line.")


class WhereForm(forms.Form):
    """Chosen places, or an expression that describes some."""

    rse = forms.MultipleChoiceField(required=False, label="Places")
    expression = forms.CharField(max_length=1000, required=False, label="RSE expression", help_text="For instance country=FR|country=IT")

    def __init__(self, *args: Any, names: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rse"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["where"] = (values.get("expression") or "").strip() or "|".join(values.get("rse") or ())
        if not values["where"]:
            raise forms.ValidationError("Choose a place, or write an expression.")
        return values


class HowForm(forms.Form):
    """How many copies, how long, and what for."""

    copies = forms.IntegerField(
        min_value=1, max_value=100, initial=1, label="Copies", widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    days = forms.ChoiceField(choices=LIFETIMES, required=False, initial="30", label="Keep it")
    grouping = forms.ChoiceField(choices=GROUPINGS, initial="DATASET", label="Grouping", required=False)
    comment = forms.CharField(max_length=250, required=False, label="Comment", help_text="What it is for; others read it on the rule.")
    ask_approval = forms.BooleanField(
        required=False, label="Ask for approval", help_text="Then it does not count against your limit, and begins when somebody says yes."
    )

    @property
    def lifetime(self) -> int | None:
        """In seconds."""
        days = self.cleaned_data.get("days")
        return int(days) * 86400 if days else None
