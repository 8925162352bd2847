"""Asking for a project where not everybody may create one: approving creates a draft that the requester leads."""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.permissions import can_create_projects
from projects.requests.approvers import NONE, Groups, Staff, either
from projects.requests.kinds import ActResult, RequestKind, Values
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from projects.start import services as start
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.pasted_text import TextField
from vre_portal.validators import validate_title


class NewProjectValuesForm(RequestValuesForm):
    """What the project is about; everything else is entered in the draft."""

    title = forms.CharField(label=gettext_lazy("Title of the project"), max_length=200, validators=[validate_title])
    summary = TextField(
        label=gettext_lazy("Summary"),
        max_length=300,
        required=False,
        widget=forms.TextInput(),
        help_text=gettext_lazy("One or two sentences that say what the project is about."),
    )


@dataclass(frozen=True)
class ProjectCreators:
    """Those who may create projects decide: the administrators, and members of the groups of PROJECT_CREATORS."""

    def people(self, request: Request) -> QuerySet[User]:
        return Staff().people(request) | Groups(tuple(settings.PROJECT_CREATORS)).people(request)

    def requests_of(self, user: User) -> Q:
        creates = Groups(tuple(settings.PROJECT_CREATORS)).requests_of(user) if settings.PROJECT_CREATORS else NONE
        return either([Staff().requests_of(user), creates])

    def words(self) -> str:
        names = tuple(settings.PROJECT_CREATORS)
        return Groups(names).words() if names else Staff().words()


def may_ask(user: User, _project: Project | None) -> str:
    """Who can create projects needs nobody."""
    return _("You can create projects yourself.") if can_create_projects(user) else ""


def title(values: Values, _project: Project | None) -> str:
    """With the title of the project."""
    return _("New project: %(title)s") % {"title": values.get("title", "")}


def create(request: Request, _approver: User) -> ActResult:
    """A draft of the requester; the key of the request is that of the project, so that there is one however often this runs."""
    values = {"title": str(request.values.get("title", "")), "summary": str(request.values.get("summary", ""))}
    try:
        project = start.create(by=request.by, key=request.key, slug="", values=values)
    except (start.FormUsed, start.SlugTaken) as refused:
        raise Refused(str(refused)) from refused
    return ActResult(_("The project was created as a draft that the requester leads."), project.get_absolute_url())


NEW_PROJECT = RequestKind(
    key="new-project",
    title=gettext_lazy("New project"),
    description=gettext_lazy("A project of your own, in which you and others work with data, workflows and notebooks."),
    icon="rocket",
    section=gettext_lazy("Projects"),
    form=NewProjectValuesForm,
    approvers=ProjectCreators(),
    title_of=title,
    may_open=may_ask,
    result_link=gettext_lazy("Open project"),
    act=create,
    is_local=True,
)
