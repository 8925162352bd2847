"""What leads type to end a project or to hand it over."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.lifecycle import transfer
from projects.models import Project
from vre_portal.iam.models import User


class OfferForm(forms.Form):
    """Who is to lead the project."""

    to = forms.ModelChoiceField(
        label=_("New lead"), queryset=User.objects.none(), help_text=_("People who were added to this project by name.")
    )

    def __init__(self, project: Project, by: User, data: Any = None) -> None:
        super().__init__(data)
        self.people = transfer.candidates(project, by)
        self.fields["to"].queryset = User.objects.filter(pk__in=[person.pk for person in self.people])  # type: ignore[attr-defined]


class DeleteForm(forms.Form):
    """The name of the project, typed anew."""

    confirmation = forms.CharField(label=_("Address"), max_length=100)
