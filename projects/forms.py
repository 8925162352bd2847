"""What people type about projects."""

from typing import Any

from django import forms

from projects.models import Resource
from vre_portal.services import ServiceKind, services


class ResourceForm(forms.Form):
    """Something from the Data Lake or the catalogue that a person adds to a project of theirs."""

    project = forms.SlugField(max_length=60)
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in (Resource.Kind.DID, Resource.Kind.SOFTWARE)])
    service = forms.CharField(max_length=60, required=False)
    identifier = forms.CharField(max_length=600)
    title = forms.CharField(max_length=300, required=False)
    entry = forms.SlugField(max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        """The thing must be one that a configured service could have; whether it has it is for that service's page to show."""
        values = super().clean() or {}
        kind, name, identifier = values.get("kind"), values.get("service"), values.get("identifier")
        if kind is None or identifier is None:
            return values
        if kind == Resource.Kind.DID:
            scope, colon, did = identifier.partition(":")
            if not (scope and colon and did) or any(part.isspace() or not part.isprintable() for part in identifier):
                self.add_error("identifier", "A DID is a scope and a name with a colon between them, without spaces.")
        if name or kind == Resource.Kind.DID:
            speaks = ServiceKind.RUCIO if kind == Resource.Kind.DID else ServiceKind.ZENODO
            if not any(item.name == name for item in services(speaks)):
                self.add_error("service", "No such service is configured here.")
        return values

    def facts(self) -> dict[str, Any]:
        """What is remembered beside the identifier: the catalogue's entry."""
        entry = self.cleaned_data.get("entry")
        return {"entry": entry} if entry else {}
