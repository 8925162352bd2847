"""The search form for DIDs."""

from django import forms
from django.utils.translation import gettext_lazy as _

TYPES = (
    ("all", _("All types")),
    ("collection", _("Datasets and containers")),
    ("container", _("Containers")),
    ("dataset", _("Datasets")),
    ("file", _("Files")),
)


class SearchForm(forms.Form):
    """A scope, part of a name, a type; `scope:name` in the name field means both."""

    scope = forms.CharField(max_length=60, required=False)
    pattern = forms.CharField(max_length=255, required=False, label=_("Name"), strip=True)
    type = forms.ChoiceField(choices=TYPES, required=False, label=_("Type"))
    after = forms.CharField(max_length=255, required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, str]:
        """Whole DIDs are pasted here, and a word without a star is looked for anywhere in the name."""
        values = super().clean() or {}
        scope, separator, name = values.get("pattern", "").partition(":")
        if separator and scope:
            values["scope"], values["pattern"] = scope.strip(), name.strip()
        return values

    def wildcard(self) -> str:
        """The pattern as Rucio takes it."""
        pattern: str = self.cleaned_data.get("pattern", "")
        return pattern if "*" in pattern else f"*{pattern}*" if pattern else "*"
