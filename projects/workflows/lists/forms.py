"""Which runs a list shows, in which order, with which values as columns; and what is done with several of them."""

from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from projects.workflows.models import Run
from projects.workflows.models.label import MAX_TAG, MAX_TAGS
from vre_portal.text import plain

MAX_CHOSEN = 100  # runs on which one act is performed
MAX_COMPARED = 6  # runs side by side on one page
MAX_COLUMNS = 12
MAX_KEY = 2**63 - 1


def tags_of(text: str) -> list[str]:
    """The tags of a text, which are separated by commas: each once, in the order in which they were written."""
    names = [" ".join(plain(part).split()) for part in text.split(",")]
    return list(dict.fromkeys(name for name in names if name))


class RunFilterForm(forms.Form):
    """The filters of a list; what cannot be read counts as not chosen, and is said beside its field."""

    STATES = (("", _("any status")), ("active", _("not ended")), *Run.Status.choices)
    SORTS = (("", _("newest first")), ("oldest", _("oldest first")), ("longest", _("longest first")))
    ARCHIVED = (("", _("not archived")), ("only", _("archived")), ("all", _("all")))

    q = forms.CharField(label=_("Search"), max_length=200, required=False, help_text=_("A name, a number, or words of a note"))
    state = forms.ChoiceField(label=_("Status"), required=False, choices=STATES)
    workflow = forms.CharField(label=_("Workflow"), max_length=60, required=False)
    person = forms.CharField(label=_("Launched by"), max_length=200, required=False)
    tag = forms.CharField(label=_("Tag"), max_length=MAX_TAG, required=False)
    since = forms.DateField(label=_("Launched from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Launched until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    archived = forms.ChoiceField(label=_("Archived runs"), required=False, choices=ARCHIVED)
    sort = forms.CharField(label=_("Order"), max_length=220, required=False, widget=forms.HiddenInput)
    of = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY, widget=forms.HiddenInput)  # a workflow, chosen by its facet
    by = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY, widget=forms.HiddenInput)  # a person

    def chosen(self) -> dict[str, Any]:
        """What was chosen of each filter."""
        self.is_valid()
        return {name: value for name in self.fields if (value := self.cleaned_data.get(name))}


class ManyRunsForm(forms.Form):
    """An act on the runs that were chosen in a list."""

    ACTS = (
        ("", _("Choose…")),
        ("compare", _("Compare")),
        ("stop", _("Stop")),
        ("tag", _("Add tag")),
        ("untag", _("Remove tag")),
        ("archive", _("Archive")),
        ("unarchive", _("Restore")),
    )

    # For those who may change none of the runs.
    COMPARE_ONLY = ACTS[1:2]

    act = forms.ChoiceField(choices=ACTS, error_messages={"required": _("Choose what to do first.")})
    tag = forms.CharField(label=_("Tag"), max_length=MAX_TAG, required=False)
    run = forms.TypedMultipleChoiceField(coerce=int)
    back = forms.CharField(max_length=2000, required=False)
    confirmed = forms.BooleanField(required=False)

    @classmethod
    def of_address(cls, query: QueryDict) -> Self | None:
        """What could not be done before, as the address of the list has it; None where it has nothing."""
        if "act" not in query:
            return None
        sent: dict[str, list[str] | None] = {"act": [str(query["act"])], "tag": [str(query.get("act-tag", ""))]}
        return cls(MultiValueDict({**sent, "run": [str(item) for item in query.getlist("chosen")]}))

    def as_address(self) -> list[tuple[str, str]]:
        """What was chosen, for the address of a list that says what is wrong with it."""
        chosen = self._sent_runs[: MAX_CHOSEN + 1]
        return [
            ("act", self.data.get("act", "")),
            ("act-tag", self.data.get("tag", "")[:MAX_TAG]),
            *(("chosen", number) for number in chosen),
        ]

    @property
    def chosen(self) -> frozenset[int]:
        """The runs that were chosen."""
        return frozenset(map(int, self._sent_runs))

    @property
    def _sent_runs(self) -> list[str]:
        data: MultiValueDict[str, str] = self.data  # type: ignore[assignment]  # as it comes from a page or from `of_address`
        return data.getlist("run")

    @property
    def faults(self) -> list[str]:
        """What has to be corrected, each once."""
        return list(dict.fromkeys(str(text) for texts in self.errors.values() for text in texts))

    def __init__(self, data: MultiValueDict[str, str]) -> None:
        numbers = [text for text in dict.fromkeys(data.getlist("run")) if text.isascii() and text.isdecimal() and len(text) <= 18]
        super().__init__(MultiValueDict({**dict(data.lists()), "run": numbers}))
        self.fields["run"].choices = [(text, text) for text in numbers[:MAX_CHOSEN]]  # type: ignore[attr-defined]
        self.fields["run"].error_messages |= {
            "required": _("Choose one or more runs first."),
            "invalid_choice": _("At most %(limit)s runs can be changed at once.") % {"limit": MAX_CHOSEN},
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        act, tag = cleaned.get("act"), cleaned.get("tag", "")
        if act == "tag":  # one that is there is removed as it is written
            names = tags_of(tag)
            if len(names) > 1:
                self.add_error("tag", _("Enter one tag. Tags cannot contain commas."))
            cleaned["tag"] = tag = names[0] if names else ""
        if act == "compare" and (chosen := cleaned.get("run")) and not 1 < len(chosen) <= MAX_COMPARED:
            self.add_error("run", _("Choose 2 to %(limit)s runs to compare.") % {"limit": MAX_COMPARED})
        if act in ("tag", "untag") and not tag:
            self.add_error("tag", _("Enter a tag first."))
        return cleaned


class DescriptionForm(forms.Form):
    """What people call a run, their remarks, and its tags."""

    title = forms.CharField(label=_("Name"), max_length=200, required=False)
    tags = forms.CharField(label=_("Tags"), max_length=1000, required=False, help_text=_("Separated by commas"))
    note = forms.CharField(label=_("Note"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6}))
    version = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_tags(self) -> list[str]:
        """The tags, each once, in the order in which they were written."""
        tags = tags_of(self.cleaned_data["tags"])
        if long := next((name for name in tags if len(name) > MAX_TAG), None):
            text = _("The tag “%(tag)s” is too long: at most %(limit)s characters.")
            raise forms.ValidationError(text % {"tag": long[:MAX_TAG], "limit": MAX_TAG})
        if len(tags) > MAX_TAGS:
            raise forms.ValidationError(_("At most %(limit)s tags.") % {"limit": MAX_TAGS})
        return tags
