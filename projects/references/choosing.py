"""To which project a thing is added: the right one first, the others below."""

import time
from collections.abc import Sequence

from django.db.models import Max, Q
from django.http import HttpRequest

from projects.models import Project, Resource
from projects.permissions import Permission, know_roles, permissions
from vre_portal.iam.current_user import current_user

ADDING_TO, ADDING_SECONDS = "adding_to", 3600


def begin_adding(request: HttpRequest, project: Project) -> None:
    """Note that the reader goes from this project to look for something to add to it."""
    request.session[ADDING_TO] = {"project": project.slug, "at": time.time()}


def offered_projects(request: HttpRequest, *, lake: str = "", scope: str = "") -> list[Project]:
    """The projects that the reader may edit: the one they come from first, then the one last added to, then those that use the scope."""
    mine = list(Project.objects.mine(current_user(request)))
    know_roles(request.user, mine)
    editable = [project for project in mine if Permission.EDIT in permissions(request.user, project)]
    if len(editable) < 2:
        return editable
    first = [_came_from(request), _last_used(request, editable), *_of_scope(editable, lake, scope)]
    order = {slug: place for place, slug in reversed(list(enumerate(first)))}
    return sorted(editable, key=lambda project: order.get(project.slug, len(first)))  # stable: the others stay by title


def _came_from(request: HttpRequest) -> str:
    """The project that the address names, or the one from which the reader went to look for something within the last hour."""
    noted = request.session.get(ADDING_TO)
    return request.GET.get("project", "") or (str(noted["project"]) if noted and time.time() - noted["at"] < ADDING_SECONDS else "")


def _last_used(request: HttpRequest, projects: Sequence[Project]) -> str:
    own = Resource.objects.filter(added_by=current_user(request), project__in=projects)
    last = own.order_by("-added_at").values_list("project__slug", flat=True).first()
    return str(last or "")


def _of_scope(projects: Sequence[Project], lake: str, scope: str) -> list[str]:
    """Those whose results are kept in the scope, then those that refer to data of it, the latest first."""
    if not scope:
        return []
    owning = [project.slug for project in projects if project.scope == scope]
    rows = Resource.objects.filter(Q(service=lake, identifier__startswith=f"{scope}:"), project__in=projects, kind__in=Resource.IN_LAKES)
    using = rows.order_by().values_list("project__slug").annotate(last=Max("added_at")).order_by("-last")
    return [*owning, *(slug for slug, _ in using)]
