"""Who may do what in a project: one table, asked by views, templates and the features."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from projects.models import Membership, Project, Role
from vre_portal.iam.models import User


class Permission(StrEnum):
    """Something that may be done in a project."""

    VIEW = "view"
    LAUNCH = "launch"  # start and stop workflow runs
    NOTEBOOK = "notebook"  # open and stop notebook sessions
    KEEP = "keep"  # write results back into the Data Lake
    PUBLISH = "publish"  # show runs that others launched to everybody who sees the project
    EDIT = "edit"  # text, data and software of the project
    PEOPLE = "people"  # memberships and group rules


ROLES: dict[Role, frozenset[Permission]] = {
    Role.LEAD: frozenset(Permission),
    Role.MEMBER: frozenset({Permission.VIEW, Permission.LAUNCH, Permission.NOTEBOOK, Permission.KEEP}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


def role_of(user: User | AnonymousUser, project: Project) -> Role | None:
    """The strongest role that a person has in a project by name or by group; asked of the database once per request."""
    if not isinstance(user, User) or not user.is_active:
        return None
    known: dict[int, Role | None] = user.__dict__.setdefault("_project_roles", {})
    if project.pk not in known:
        found = set(Membership.objects.of(user).filter(project=project).values_list("role", flat=True))
        known[project.pk] = next((role for role in Role if role in found), None)
    return known[project.pk]


def know_roles(user: User | AnonymousUser, projects: Iterable[Project]) -> None:
    """Ask for a person's roles in many projects at once, so that a list costs one query."""
    if not isinstance(user, User) or not user.is_active:
        return
    pairs = set(Membership.objects.of(user).filter(project__in=projects).values_list("project", "role"))
    known: dict[int, Role | None] = user.__dict__.setdefault("_project_roles", {})
    for project in projects:
        known[project.pk] = next((role for role in Role if (project.pk, role) in pairs), None)


def permissions(user: User | AnonymousUser, project: Project) -> frozenset[Permission]:
    """All that a person may do in a project."""
    role = role_of(user, project)
    granted = ROLES[role] if role else frozenset[Permission]()
    return granted | {Permission.VIEW} if project.is_public else granted


def can(user: User | AnonymousUser, project: Project, permission: Permission) -> bool:
    """Whether a person may do one thing in a project."""
    return permission in permissions(user, project)


def project_for(user: User | AnonymousUser, slug: str, permission: Permission) -> Project:
    """The project, for somebody who may do this with it.

    Raises Http404 where it may not even be seen (nothing tells it from one that does not exist), PermissionDenied where it
    may be seen but not for this.
    """
    project = Project.objects.visible_to(user).filter(slug=slug).first()
    if project is None:
        raise Http404("There is no such project here.")
    if not can(user, project, permission):
        raise PermissionDenied(f"Your role in this project does not allow this ({permission}). Ask one of its leads.")
    return project
