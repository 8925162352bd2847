"""What leads type about the people of a project."""

import uuid

from django import forms
from django.db.models import Q

from projects.models import Role
from vre_portal.iam.groups import is_sound, normal
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services

NOT_FOUND = (
    "Nobody who has signed in here goes by exactly this. Ask them to sign in to this portal once and to tell you the account name or the "
    "subject that their own page shows; or add a rule for an IAM group that they are in, which needs neither."
)
SEVERAL = "More than one account goes by this. Ask the person for the subject that their own page shows, and type that."
HINTS = {
    Role.LEAD: "everything, people and text included",
    Role.MEMBER: "launch workflows, open notebooks, keep results",
    Role.VIEWER: "read",
}


class RoleForm(forms.Form):
    """Which role."""

    role = forms.ChoiceField(choices=[(role.value, f"{role.label}: {HINTS[role]}") for role in Role], initial=Role.MEMBER)


class RuleForm(RoleForm):
    """Everyone in this group has this role."""

    group = forms.CharField(
        label="IAM group",
        max_length=200,
        help_text="The whole name, such as escape/km3net; groups below it are not meant.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("group", "role")

    def clean_group(self) -> str:
        """As the IAM writes it, without slashes around it."""
        group = normal(str(self.cleaned_data["group"]).strip("/"))
        if not is_sound(group):
            raise forms.ValidationError("Enter the group's name on one line, such as escape/km3net.")
        return group


class PersonForm(RoleForm):
    """Somebody by exactly what they are called at the IAM."""

    who = forms.CharField(
        label="Account name, e-mail address or subject",
        max_length=320,
        help_text="Exactly as the identity service has it. Only people who have signed in here are found.",
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
