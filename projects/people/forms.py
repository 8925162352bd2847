"""What leads type about the people of a project."""

import uuid
from datetime import datetime, timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Role
from vre_portal.iam.groups import is_sound, normal
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, services
from vre_portal.validators import validate_visible_line

NOT_FOUND = _(
    "Person not found. Ask them to sign in to this portal once, and to send you the account name or the subject from their account page. "
    "Or add an IAM group that they belong to."
)
SEVERAL = _("More than one account matches. Ask the person for the subject on their account page, and enter it here.")
HINTS = {
    Role.LEAD: _("everything, including people, visibility and deletion"),
    Role.EDITOR: _("edit text, data and software, and everything that members can do"),
    Role.MEMBER: _("launch workflows, open notebooks, keep results"),
    Role.VIEWER: _("see the project"),
}


def role_choices() -> list[tuple[str, str]]:
    """Each role with what it allows."""
    return [(role.value, f"{role.label}: {HINTS[role]}") for role in Role]


class RoleForm(forms.Form):
    """Which role."""

    role = forms.ChoiceField(label=_("Role"), choices=role_choices, initial=Role.MEMBER)


def joining_choices() -> list[tuple[str, str]]:
    """The roles that somebody can ask for, or get by a link: a lead is made by name only."""
    return [choice for choice in role_choices() if choice[0] != Role.LEAD]


class InvitationForm(forms.Form):
    """A link: which role it gives, for how long and how often."""

    MAX_DAYS, MAX_USES = 90, 500

    role = forms.ChoiceField(label=_("Role"), choices=joining_choices, initial=Role.MEMBER)
    days = forms.IntegerField(
        label=_("Valid for"), initial=7, min_value=1, max_value=MAX_DAYS,
        help_text=format_lazy(_("At most {limit} days."), limit=MAX_DAYS), widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    max_uses = forms.IntegerField(
        label=_("Number of people"), initial=1, min_value=1, max_value=MAX_USES,
        help_text=format_lazy(_("How many people can join with this link, at most {limit}."), limit=MAX_USES),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), max_length=100, required=False, validators=[validate_visible_line],
        help_text=_("Only leads see it, for example “Summer school”."),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    @property
    def expires_at(self) -> datetime:
        """So many days from now."""
        return timezone.now() + timedelta(days=self.cleaned_data["days"])


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
