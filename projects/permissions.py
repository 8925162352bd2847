"""Who may do what in a project: one table, asked by views, templates and the features."""

from collections.abc import Iterable
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.locking import ProjectClosed, archived_text
from projects.models import Membership, Project, Role, Tombstone
from projects.models.membership import known_roles
from vre_portal.audit.models import AuditEntry
from vre_portal.form_drafts.errors import FormClosed
from vre_portal.iam.models import User
from vre_portal.notices.models import Follow
from vre_portal.notices.services import topic


class Permission(StrEnum):
    """Something that may be done in a project."""

    VIEW = "view"
    LAUNCH = "launch"  # start and stop workflow runs
    NOTEBOOK = "notebook"  # open and stop notebook sessions
    KEEP = "keep"  # write results back into the Data Lake
    PUBLISH = "publish"  # show runs that others launched to everybody who sees the project
    EDIT = "edit"  # text, data and software of the project
    PEOPLE = "people"  # memberships, group rules, invitations and requests to join
    MANAGE = "manage"  # visibility, embargo, transfer and deletion


TITLES = {
    Permission.VIEW: _("see the project"),
    Permission.LAUNCH: _("launch workflows"),
    Permission.NOTEBOOK: _("open notebooks"),
    Permission.KEEP: _("keep results"),
    Permission.PUBLISH: _("publish runs"),
    Permission.EDIT: _("edit the project"),
    Permission.PEOPLE: _("manage people"),
    Permission.MANAGE: _("change the visibility, transfer or delete the project"),
}
# What remains of a role while the project is archived: seeing it, and for its leads what it takes to restore it.
READ_ONLY = frozenset({Permission.VIEW, Permission.PEOPLE, Permission.MANAGE})
ROLES: dict[Role, frozenset[Permission]] = {
    Role.LEAD: frozenset(Permission),
    Role.EDITOR: frozenset({Permission.VIEW, Permission.LAUNCH, Permission.NOTEBOOK, Permission.KEEP, Permission.EDIT}),
    Role.MEMBER: frozenset({Permission.VIEW, Permission.LAUNCH, Permission.NOTEBOOK, Permission.KEEP}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


def role_of(user: User | AnonymousUser, project: Project) -> Role | None:
    """The strongest role that a person has in a project by name or by group; asked of the database once per request."""
    if not isinstance(user, User) or not user.is_active:
        return None
    known = known_roles(user)
    if project.pk not in known:
        known[project.pk] = _strongest(Membership.objects.of(user).filter(project=project).values_list("role", flat=True))
    return known[project.pk]


def _strongest(roles: Iterable[str]) -> Role | None:
    found = set(roles)
    return next((role for role in Role if role in found), None)


def _roles(user: User) -> ArraySubquery:
    """For a query of projects: the roles that the person has in each, by name and by groups."""
    return ArraySubquery(Membership.objects.of(user).filter(project=OuterRef("pk")).values("role"))


def _follows(user: User) -> QuerySet[Follow]:
    """For a query of projects: that the person follows each."""
    return Follow.objects.filter(user=user, topic=Concat(Value(topic("project", "")), Cast(OuterRef("pk"), CharField())))


def know_roles(user: User | AnonymousUser, projects: Iterable[Project]) -> None:
    """Ask for a person's roles in many projects at once, so that a list costs one query."""
    if not isinstance(user, User) or not user.is_active:
        return
    pairs = set(Membership.objects.of(user).filter(project__in=projects).values_list("project", "role"))
    known = known_roles(user)
    for project in projects:
        known[project.pk] = next((role for role in Role if (project.pk, role) in pairs), None)


def permissions(user: User | AnonymousUser, project: Project) -> frozenset[Permission]:
    """All that a person may do in a project."""
    role = role_of(user, project)
    granted = ROLES[role] if role else frozenset[Permission]()
    if project.is_archived:
        granted &= READ_ONLY
    return granted | {Permission.VIEW} if project.is_public else granted


def can(user: User | AnonymousUser, project: Project, permission: Permission) -> bool:
    """Whether a person may do one thing in a project."""
    return permission in permissions(user, project)


def can_create_projects(user: User | AnonymousUser) -> bool:
    """Whether a person may begin a project: members of the groups of PROJECT_CREATORS, or everybody who signed in where none is named."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return not settings.PROJECT_CREATORS or bool(set(settings.PROJECT_CREATORS) & set(user.groups))


class ProjectDeleted(Http404):
    """There was a public project at this address; its tombstone says more."""

    def __init__(self, tombstone: Tombstone) -> None:
        super().__init__(gettext("This project was deleted."))
        self.tombstone = tombstone


class NotAllowed(PermissionDenied):
    """Something that the person may not do in a project that they may see."""

    def __init__(self, text: str, project: Project) -> None:
        super().__init__(text)
        self.project = project


class NotAllowedSinceArchived(NotAllowed, ProjectClosed):
    """What the person could do until the project was archived."""


class RoleEnded(NotAllowed, FormClosed):
    """The person's role in a project that they still see has ended, or has become a lesser one."""


class RoleEndedUnseen(FormClosed, Http404):
    """The same where they may not know whether there still is such a project: told from their former role alone."""


def role_ended_text() -> str:
    """What somebody reads who sends a form after their role ended."""
    return gettext("Your role in this project has changed or ended, so you can no longer do this.")


def _had(user: User | AnonymousUser, slug: str, permission: Permission) -> bool:
    """Whether a role that was taken from the person or a group of theirs, in whatever project has or had this slug, allowed it."""
    if permission is Permission.VIEW or not isinstance(user, User) or not user.is_active:
        return False
    mine = Q(facts__person=str(user.handle)) | Q(facts__group__in=list(user.groups))
    actions = ("project.people.removed", "project.people.changed")
    entries = AuditEntry.objects.filter(mine, subject=f"project/{slug}", action__in=actions, outcome="ok")
    roles = {facts.get("was") or facts.get("role") for facts in entries.values_list("facts", flat=True)}
    return any(permission in ROLES[Role(role)] for role in roles if role in Role.values)


def not_found(slug: str) -> Http404:
    """What to raise where somebody may not see a project; of one that was public everybody may know that it was deleted."""
    tombstone = Tombstone.objects.filter(slug=slug, was_public=True).first()
    return ProjectDeleted(tombstone) if tombstone else Http404(gettext("Project not found."))


def project_for(user: User | AnonymousUser, slug: str, permission: Permission) -> Project:
    """The project, for somebody who may do this with it.

    Raises Http404 where it may not even be seen (nothing tells it from one that does not exist, except ProjectDeleted of a public one),
    NotAllowed where it may be seen but not for this. Both are FormClosed too where the person could do it until it was archived, or
    until their role ended.
    """
    found = Project.objects.filter(slug=slug)
    if isinstance(user, User) and user.is_active:
        workflow = Project.objects.filter(pk=OuterRef("pk"), specifications__isnull=False)
        found = found.annotate(reader_roles=_roles(user), workflow_exists=Exists(workflow))  # a visitor launches nothing
        found = found.annotate(is_followed=Exists(_follows(user)))
    project = found.first()
    if project is not None and isinstance(user, User) and user.is_active:
        known_roles(user)[project.pk] = _strongest(project.reader_roles)  # type: ignore[attr-defined]
    if project is None or not can(user, project, Permission.VIEW):
        error = not_found(slug)
        raise RoleEndedUnseen(role_ended_text()) if type(error) is Http404 and _had(user, slug, permission) else error
    if project.is_archived and permission not in READ_ONLY and (role := role_of(user, project)) and permission in ROLES[role]:
        raise NotAllowedSinceArchived(archived_text(), project)
    if not can(user, project, permission):
        message = gettext("Your role in this project does not allow you to %(permission)s.")
        message %= {"permission": TITLES[permission]}
        raise RoleEnded(role_ended_text(), project) if _had(user, slug, permission) else NotAllowed(message, project)
    return project
