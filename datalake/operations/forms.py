"""The forms of requests to a lake: lifetime and priority of a rule, and the steps that replicate data."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.portable_gettext import grouped

DAYS = (
    ("1", _("1 day")),
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("1 year")),
    ("", _("No expiry")),
    ("date", _("Until a date")),
)
MAX_LIFETIME = timedelta(days=3653)


class ProlongForm(forms.Form):
    """The lifetime of a rule: a number of days from now, a date, or no end."""

    days = forms.ChoiceField(choices=DAYS, required=False, label=_("Lifetime"))
    date = forms.DateField(required=False, label=_("Until"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if values.get("days") == "date":
            chosen = values.get("date")
            if chosen is None and "date" not in self.errors:
                self.add_error("date", gettext("Enter a date."))
            elif chosen is not None and not timezone.now() < datetime.combine(chosen, time(23, 59), UTC) < timezone.now() + MAX_LIFETIME:
                self.add_error("date", gettext("Enter a date within the next ten years."))
        return values

    def until(self) -> str:
        """The end as ISO text; empty without an end."""
        days = self.cleaned_data["days"]
        if days == "date":
            return datetime.combine(self.cleaned_data["date"], time(23, 59), UTC).isoformat()
        return (timezone.now() + timedelta(days=int(days))).isoformat() if days else ""


class PriorityForm(forms.Form):
    """The priority of a rule's transfers: 1 is last, 5 is first."""

    priority = forms.TypedChoiceField(choices=[(str(number), str(number)) for number in range(1, 6)], coerce=int)


class ReasonForm(forms.Form):
    """Why a rule is denied."""

    reason = forms.CharField(max_length=250, required=False)


MAX_DIDS = 1000
GROUPINGS = (
    ("DATASET", _("Each dataset at one storage element")),
    ("ALL", _("Everything at one storage element")),
    ("NONE", _("Each file at any storage element")),
)
LIFETIMES = (("7", _("7 days")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("", _("No expiry")))


def parse_dids(text: str) -> list[list[str]]:
    """The DIDs of a pasted list, one per line as scope:name, each once; raises ValidationError."""
    pairs: dict[tuple[str, str], None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        did = line.strip().removeprefix("rucio:").strip()
        if not did:
            continue
        scope, colon, name = did.partition(":")
        if not colon or not scope.strip() or not name.strip():
            raise forms.ValidationError(gettext("Line %(number)s is not a DID. Write it as scope:name.") % {"number": number})
        if len(scope) > 60 or len(name) > 500 or "\0" in did:
            raise forms.ValidationError(gettext("Line %(number)s is too long for a DID.") % {"number": number})
        pairs[scope.strip(), name.strip()] = None
    if len(pairs) > MAX_DIDS:
        counts = {"most": grouped(MAX_DIDS), "count": grouped(len(pairs))}
        raise forms.ValidationError(gettext("The list has %(count)s DIDs. Enter at most %(most)s at once.") % counts)
    return [list(pair) for pair in pairs]


class DidsField(forms.CharField):
    """A pasted list of DIDs."""

    def __init__(self, **options: Any) -> None:
        rows = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono", "placeholder": "scope:name"})
        super().__init__(max_length=MAX_DIDS * 600, widget=rows, **options)

    def clean(self, value: Any) -> Any:
        return parse_dids(super().clean(value))


class WhatForm(forms.Form):
    """Which data."""

    dids = DidsField(label=_("Data"), help_text=_("One DID per line."))


class WhereForm(forms.Form):
    """Storage elements by name, or by an expression."""

    rse = forms.MultipleChoiceField(required=False, label=_("Storage elements"))
    expression = forms.CharField(max_length=1000, required=False, label=_("RSE expression"), help_text=_("Example: country=FR|country=IT"))

    def __init__(self, *args: Any, names: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["rse"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["where"] = (values.get("expression") or "").strip() or "|".join(values.get("rse") or ())
        if not values["where"]:
            raise forms.ValidationError(gettext("Select a storage element, or enter an expression."))
        return values


class HowForm(forms.Form):
    """How many copies, for how long, and why."""

    copies = forms.IntegerField(
        min_value=1, max_value=100, initial=1, label=_("Copies"), widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    days = forms.ChoiceField(choices=LIFETIMES, required=False, initial="30", label=_("Lifetime"))
    grouping = forms.ChoiceField(choices=GROUPINGS, initial="DATASET", label=_("Grouping"), required=False)
    comment = forms.CharField(
        max_length=250, required=False, label=_("Comment"), help_text=_("What the copies are for; shown to others on the rule.")
    )
    ask_approval = forms.BooleanField(
        required=False, label=_("Ask for approval"), help_text=_("Does not use your quota; starts once approved.")
    )

    @property
    def lifetime(self) -> int | None:
        """In seconds; None without an end."""
        days = self.cleaned_data.get("days")
        return int(days) * 86400 if days else None
