"""What people type about references: pasted lines, the words about one, and a place in the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Resource
from vre_portal.validators import is_visible_text

MAX_LINES = 200


class PasteForm(forms.Form):
    """Identifiers and addresses, one per line."""

    lines = forms.CharField(
        label=_("Identifiers or addresses"),
        help_text=_("One per line, at most 200 lines."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_lines(self) -> list[str]:
        lines = str(self.cleaned_data["lines"]).splitlines()
        count = sum(bool(line.strip()) for line in lines)
        if count > MAX_LINES:
            message = gettext("You can add at most %(limit)s lines at once; this text has %(count)s. Nothing was added.")
            raise forms.ValidationError(message % {"limit": MAX_LINES, "count": count})
        return lines


def readable(text: str) -> str:
    """The text; raises ValidationError where people could not read it."""
    if text and not is_visible_text(text):
        raise forms.ValidationError(gettext("This text has invisible or control characters, or nothing that can be seen. Type it again."))
    return text


class WordsForm(forms.Form):
    """The words about a reference, with the version that the writer saw."""

    version = forms.CharField(max_length=40, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=300, required=False, help_text=_("If left empty, the identifier is shown."))
    description = forms.CharField(
        label=_("Description"),
        max_length=2000,
        required=False,
        help_text=_("What it is and what this project uses it for."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, help_text=_("A short remark, such as “superseded by version 2”.")
    )

    @classmethod
    def of(cls, resource: Resource) -> "WordsForm":
        return cls(initial={name: getattr(resource, name) for name in Resource.WORDS} | {"version": resource.version})

    def clean_title(self) -> str:
        return readable(" ".join(str(self.cleaned_data["title"]).split()))

    def clean_description(self) -> str:
        return readable(str(self.cleaned_data["description"]).replace("\r\n", "\n"))

    def clean_note(self) -> str:
        return readable(" ".join(str(self.cleaned_data["note"]).split()))

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in Resource.WORDS}


class MoveForm(forms.Form):
    """The reference beside which another one is put: before it, or after it."""

    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("before")) == bool(values.get("after")):
            raise forms.ValidationError(gettext("Choose one place."))
        return values

    @property
    def beside(self) -> int:
        return int(self.cleaned_data["before"] or self.cleaned_data["after"])

    @property
    def is_after(self) -> bool:
        return bool(self.cleaned_data["after"])
