"""To which project a thing is added: the right one first, the others below."""

import time
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest

from projects.models import Membership, Project, Resource
from projects.permissions import ROLES, Permission
from vre_portal.iam.current_user import current_user

ADDING_TO, ADDING_SECONDS = "adding_to", 3600
MAX_OFFERED, MAX_HOLDING = 50, 5  # projects in the form; the search finds the others
EDITORS = [role for role, granted in ROLES.items() if Permission.EDIT in granted]


@dataclass(frozen=True)
class OfferedProjects:
    """Where a thing can be added, and where it is already; `total` counts all that it can be added to."""

    projects: list[Project]
    total: int
    holding: list[Project]

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.projects)


def begin_adding(request: HttpRequest, project: Project) -> None:
    """Note that the reader goes from this project to look for something to add to it."""
    request.session[ADDING_TO] = {"project": project.slug, "at": time.time()}


def offered_projects(request: HttpRequest, *, kind: str, service: str, identifier: str, query: str = "") -> OfferedProjects:
    """The projects that the reader may edit and that do not hold the thing yet.

    The one that the reader comes from is first, then the one last added to, then those that use the scope, the others by title.
    """
    led = Membership.objects.of(current_user(request)).filter(role__in=EDITORS).values("project")
    editable = Project.objects.filter(pk__in=led, archived_at=None)
    kinds = Resource.IN_LAKES if kind in Resource.IN_LAKES else (kind,)
    holding = editable.filter(pk__in=Resource.objects.filter(kind__in=kinds, service=service, identifier=identifier).values("project"))
    free = editable.exclude(pk__in=holding.values("pk"))
    free = free.filter(title__icontains=query) if query else free
    scope = identifier.partition(":")[0] if kind in Resource.IN_LAKES else ""
    first = [_came_from(request), *_last_used(request, free), *_of_scope(free, service, scope)]
    order = {slug: place for place, slug in reversed(list(enumerate(first[:MAX_OFFERED])))}
    likely = sorted(free.filter(slug__in=order), key=lambda project: order[project.slug])
    others = free.exclude(slug__in=order).order_by("title", "slug")[: MAX_OFFERED - len(likely)]
    return OfferedProjects([*likely, *others], free.count(), list(holding.order_by("title", "slug")[:MAX_HOLDING]))


def _came_from(request: HttpRequest) -> str:
    """The project that the address names, or the one from which the reader went to look for something within the last hour."""
    noted = request.session.get(ADDING_TO)
    return request.GET.get("project", "") or (str(noted["project"]) if noted and time.time() - noted["at"] < ADDING_SECONDS else "")


def _last_used(request: HttpRequest, projects: QuerySet[Project]) -> list[str]:
    own = Resource.objects.filter(added_by=current_user(request), project__in=projects)
    return list(own.order_by("-added_at").values_list("project__slug", flat=True)[:1])


def _of_scope(projects: QuerySet[Project], lake: str, scope: str) -> list[str]:
    """Those whose results are kept in the scope, then those that refer to data of it, the latest first."""
    if not scope:
        return []
    owning = projects.filter(scope=scope).order_by("title", "slug").values_list("slug", flat=True)[:MAX_OFFERED]
    rows = Resource.objects.filter(Q(service=lake, identifier__startswith=f"{scope}:"), project__in=projects, kind__in=Resource.IN_LAKES)
    using = rows.order_by().values_list("project__slug").annotate(last=Max("added_at")).order_by("-last")[:MAX_OFFERED]
    return [*owning, *(slug for slug, _ in using)]
