"""What leads type about the people of a project."""

import uuid

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Role
from vre_portal.iam.groups import is_sound, normal
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services

NOT_FOUND = _(
    "Person not found. Ask them to sign in to this portal once, and to send you the account name or the subject from their account page. "
    "Or add an IAM group that they belong to."
)
SEVERAL = _("More than one account matches. Ask the person for the subject on their account page, and enter it here.")
HINTS = {
    Role.LEAD: _("everything, including people and text"),
    Role.MEMBER: _("launch workflows, open notebooks, keep results"),
    Role.VIEWER: _("see the project"),
}


def role_choices() -> list[tuple[str, str]]:
    """Each role with what it allows."""
    return [(role.value, f"{role.label}: {HINTS[role]}") for role in Role]


class RoleForm(forms.Form):
    """Which role."""

    role = forms.ChoiceField(label=_("Role"), choices=role_choices, initial=Role.MEMBER)


class RuleForm(RoleForm):
    """Everyone in this group has this role."""

    group = forms.CharField(
        label=_("IAM group"),
        max_length=200,
        help_text=_("Full name, such as experiment/analysis. Subgroups are not included."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("group", "role")

    def clean_group(self) -> str:
        """As the IAM writes it, without slashes around it."""
        group = normal(str(self.cleaned_data["group"]).strip("/"))
        if not is_sound(group):
            raise forms.ValidationError(gettext("This is not a group name. Enter it on one line, such as experiment/analysis."))
        return group


class PersonForm(RoleForm):
    """Somebody by exactly what they are called at the IAM."""

    who = forms.CharField(
        label=_("Account name, e-mail address or subject"),
        max_length=320,
        help_text=_("Exactly as in the IAM. Only people who have signed in to this portal are found."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("who", "role")

    def found(self) -> User | None:
        """The one person who goes by it; otherwise the form says what to do."""
        who = self.cleaned_data["who"]
        issuers = [iam.url for iam in services(ServiceKind.IAM)]
        proven = Identity.objects.filter(subject=who, issuer__in=issuers)  # any identity of theirs, not only the one in use
        exact = Q(preferred_username=who) | Q(email__iexact=who) | Q(pk__in=proven.values("user"))
        people = list(User.objects.filter(exact, is_active=True, issuer__in=issuers)[:2])
        if len(people) == 1:
            return people[0]
        self.add_error("who", SEVERAL if people else NOT_FOUND)
        return None


class ChosenForm(RoleForm):
    """The person whom the page before showed, by a handle that cannot be guessed."""

    person = forms.UUIDField(widget=forms.HiddenInput)

    def clean_person(self) -> User:
        handle: uuid.UUID = self.cleaned_data["person"]
        user = User.objects.filter(handle=handle, is_active=True).first()
        if user is None:
            raise forms.ValidationError(NOT_FOUND)
        return user
