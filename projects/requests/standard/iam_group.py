"""Asking for membership of an IAM group: the portal adds the person where its client at the IAM may, else an administrator does."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.access.restrictions import restrictions
from projects.models import Project
from projects.requests.approvers import AnyOf, Curators, GroupOwners
from projects.requests.kinds import ActResult, RequestKind, Values
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from vre_portal.iam import vault
from vre_portal.iam.groups import MAX_NAME_LENGTH, is_sound, membership, normal, prefix_of
from vre_portal.iam.models import Identity, User
from vre_portal.jobs.fates import Refused
from vre_portal.services import Service, ServiceKind, services


class GroupValuesForm(RequestValuesForm):
    """The group, by its full name as the portal shows it."""

    group = forms.CharField(
        label=gettext_lazy("Group"),
        max_length=MAX_NAME_LENGTH,
        help_text=gettext_lazy("The full name, such as experiment/analysis. The lead of your project knows it."),
    )

    def clean_group(self) -> str:
        group = normal(str(self.cleaned_data["group"]).strip().strip("/"))
        if not is_sound(group):
            raise forms.ValidationError(_("Enter the name of a group, such as experiment/analysis."))
        if group in self.user.groups:
            raise forms.ValidationError(_("You are already a member of this group."))
        if reason := restricted(group):
            raise forms.ValidationError(reason)
        return group


def restricted(group: str) -> str:
    """Why a group is not given here: it opens restricted data, about which their owners decide."""
    for lake in services(ServiceKind.RUCIO):
        for item in restrictions(lake):
            if item.group == group:
                return _("This group opens restricted data. Request access on the page of the data: their owners decide.")
    staff_groups = {
        f"{prefix_of(iam)}{iam.options.get('staff_group')}" for iam in services(ServiceKind.IAM) if iam.options.get("staff_group")
    }
    if group in staff_groups:
        return _("This group makes administrators of the portal. Contact the administrators directly.")
    return ""


def home_of(group: str) -> Service | None:
    """The IAM of a group: the one whose prefix the name has, otherwise the first."""
    iams = services(ServiceKind.IAM)
    prefixed = [iam for iam in iams if prefix_of(iam) and group.startswith(prefix_of(iam))]
    return next(iter(prefixed or [iam for iam in iams if not prefix_of(iam)]), None)


def place_of(request: Request) -> tuple[Service, str, str]:
    """The IAM, the group's name there, and the requester's subject there. Raises Refused."""
    group = str(request.values.get("group", ""))
    iam = home_of(group)
    if iam is None or not group:
        raise Refused(_("No IAM of this portal has such a group."))
    identity = Identity.objects.filter(user=request.by, issuer=iam.url).first()
    if identity is None:
        raise Refused(_("The requester has no linked identity at %(iam)s.") % {"iam": iam.title})
    return iam, group.removeprefix(prefix_of(iam)), identity.subject


def can_add(request: Request) -> bool:
    """Whether the portal's own client may change groups at the IAM."""
    iam = home_of(str(request.values.get("group", "")))
    return iam is not None and membership.is_configured(iam)


def add(request: Request, _approver: User) -> ActResult:
    """Make the person a member; one who is a member already stays one."""
    if reason := restricted(str(request.values.get("group", ""))):
        raise Refused(reason)
    iam, group, subject = place_of(request)
    membership.add(iam, group, subject)
    vault.expire_tokens_and_groups(request.by)
    return ActResult(_("Member of %(group)s. The portal knows within five minutes.") % {"group": group})


def instructions(request: Request) -> str:
    """Whom to add to what."""
    try:
        iam, group, subject = place_of(request)
    except Refused as refused:
        return str(refused)
    text = _("Add this person to the group at %(iam)s:\n\n- group: `%(group)s`\n- subject: `%(subject)s`\n- account name: `%(name)s`")
    return text % {"iam": iam.title, "group": group, "subject": subject, "name": request.by.preferred_username}


def title(values: Values, _project: Project | None) -> str:
    """With the name of the group."""
    return _("IAM group %(group)s") % {"group": values.get("group", "")}


def subject(values: Values, _project: Project | None) -> str:
    """One request for a group at a time."""
    return f"group:{values.get('group', '')}"


IAM_GROUP = RequestKind(
    key="iam-group",
    title=gettext_lazy("IAM group"),
    description=gettext_lazy("Membership of a group of your experiment, which gives access to its data and projects."),
    icon="users",
    section=gettext_lazy("Access"),
    form=GroupValuesForm,
    approvers=AnyOf((Curators("iam-group"), GroupOwners())),
    title_of=title,
    subject_of=subject,
    act=add,
    can_act=can_add,
    instructions=instructions,
)
