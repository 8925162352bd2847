"""What people type about projects."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects import audience
from projects.audience import Origin
from projects.models import Resource
from projects.resource_access import refusal
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services


def audience_of(user: User, kind: str, lake: str, did: str) -> str:
    """Who will see the name of data in a project, where that is not everybody who sees the project; empty where the reader may not see it."""
    origin = Origin.of_did(lake, did)
    if kind != Resource.Kind.DID or audience.is_public(origin) or origin.service is None or not audience.can_read(user, origin):
        return ""
    if audience.is_restricted(origin):
        message = gettext("Restricted data: in the project, only people with access to %(scope)s will see it.")
        return message % {"scope": audience.title_of(origin)}
    message = gettext("Non-public data: in a public project, only project members and people with an account at %(lake)s will see it.")
    return message % {"lake": origin.service.title}


class ResourceForm(forms.Form):
    """Something from the Data Lake or the catalogue that a person adds to a project of theirs."""

    project = forms.SlugField(label=_("Project"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in (Resource.Kind.DID, Resource.Kind.SOFTWARE)])
    service = forms.CharField(label=_("Service"), max_length=60, required=False)
    identifier = forms.CharField(label=_("Identifier"), max_length=600)
    title = forms.CharField(label=_("Title"), max_length=300, required=False)
    entry = forms.SlugField(label=_("Catalogue entry"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        """The thing must be one that a configured service could have; whether it has it is for that service's page to show."""
        values = super().clean() or {}
        kind, name, identifier = values.get("kind"), values.get("service"), values.get("identifier")
        if kind is None or identifier is None:
            return values
        if kind == Resource.Kind.DID:
            scope, colon, did = identifier.partition(":")
            if not (scope and colon and did) or any(part.isspace() or not part.isprintable() for part in identifier):
                self.add_error("identifier", gettext("This is not a DID. Enter it as scope:name, without spaces."))
        if name or kind == Resource.Kind.DID:
            speaks = ServiceKind.RUCIO if kind == Resource.Kind.DID else ServiceKind.ZENODO
            if not any(item.name == name for item in services(speaks)):
                self.add_error(
                    "service", gettext("This service is not configured in the portal. Open the page of the item and add it from there.")
                )
        return values

    def is_readable_by(self, user: User) -> bool:
        """Whether the person may see the data that they add; otherwise the form says what to do, and nothing where nobody is told of the scope."""
        origin = Origin.of_did(self.cleaned_data["service"], self.cleaned_data["identifier"])
        reason = refusal(user, origin) if self.cleaned_data["kind"] == Resource.Kind.DID else ""
        if reason:
            self.add_error("identifier", reason)
        return not reason

    def facts(self) -> dict[str, Any]:
        """What is remembered beside the identifier: the catalogue's entry."""
        entry = self.cleaned_data.get("entry")
        return {"entry": entry} if entry else {}
