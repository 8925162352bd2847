"""Asking to join a project: its leads answer, and approving gives the role."""

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project, Role
from projects.people import services as people
from projects.people.forms import joining_choices
from projects.permissions import role_of
from projects.requests.approvers import Leads
from projects.requests.kinds import ActResult, RequestKind, Scope, Values
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused


class JoinValuesForm(RequestValuesForm):
    """Which role."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=joining_choices, initial=Role.MEMBER)


def may_join(user: User, project: Project | None) -> str:
    """Nobody asks for a project of which they are a part."""
    held = role_of(user, project) if project else None
    return _("You already have the role %(role)s in this project.") % {"role": held.label} if held else ""


def subject(_values: Values, project: Project | None) -> str:
    """One request to join a project at a time."""
    return f"project:{project.pk}" if project else ""


def give_role(request: Request, approver: User) -> ActResult:
    """Make the person part of the project; a stronger role that they have by now stays."""
    if request.project is None:
        raise Refused(_("The project was deleted. This request is closed."))
    try:
        given = people.raise_role(by=approver, project=request.project, user=request.by, role=request.decision["role"])
    except people.PeopleChangeRefused as refused:
        raise Refused(str(refused)) from refused
    Request.objects.filter(pk=request.pk).update(granted_role=given)
    return ActResult(url=request.project.get_absolute_url())


JOIN = RequestKind(
    key="join",
    title=gettext_lazy("Join a project"),
    description=gettext_lazy("Work in a project that somebody else leads."),
    icon="users",
    section=gettext_lazy("Projects"),
    scope=Scope.PROJECT,
    form=JoinValuesForm,
    decision_form=JoinValuesForm,
    approvers=Leads(),
    subject_of=subject,
    may_open=may_join,
    act=give_role,
    is_local=True,
    staff_may_read=False,
    where=gettext_lazy("Open the page of the project and choose “Ask to join”."),
    where_url=reverse_lazy("projects:index"),
)
