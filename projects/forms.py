"""What people type about projects."""

from typing import Any

from django import forms

from projects.models import Resource


class ResourceForm(forms.Form):
    """Something from the Data Lake or the catalogue that a person adds to a project of theirs."""

    project = forms.SlugField(max_length=60)
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in (Resource.Kind.DID, Resource.Kind.SOFTWARE)])
    service = forms.CharField(max_length=60, required=False)
    identifier = forms.CharField(max_length=600)
    title = forms.CharField(max_length=300, required=False)
    entry = forms.CharField(max_length=60, required=False)

    def facts(self) -> dict[str, Any]:
        """What is remembered beside the identifier: the catalogue's entry."""
        entry = self.cleaned_data.get("entry")
        return {"entry": entry} if entry else {}
