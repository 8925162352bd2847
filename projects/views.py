"""Pages of the landing, the dashboard and the science projects."""

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from projects.models import Membership, Project, Resource, Role
from projects.permissions import ROLES, Permission, know_roles, permissions, project_for, role_of
from projects.resource_access import can_see_results_scope, closed_resources
from vre_portal import health
from vre_portal.iam.sign_in import person
from vre_portal.tables import listing, page_size

PAGE = 50


def described(request: HttpRequest, project: Project, data: Iterable[Resource]) -> dict[str, Any]:
    """A project as `?format=json` gives it, with those of its data that the reader may see."""
    return {
        "slug": project.slug,
        "title": project.title,
        "summary": project.summary,
        "visibility": Project.Visibility.PUBLIC if project.is_public else project.visibility,
        "embargo_until": project.embargo,
        "role": role_of(request.user, project),
        "data": [located(item) for item in data],
    }


def located(item: Resource) -> dict[str, Any]:
    """Where data of a project are in a Data Lake."""
    scope, _, name = item.identifier.partition(":")
    return {"lake": item.service, "scope": scope, "name": name, "type": item.facts.get("type")}


def asked(request: HttpRequest) -> str:
    """The text that a reader searches for."""
    return request.GET.get("q", "").strip()[:200]


def page(request: HttpRequest, project: Project, template: str, **context: Any) -> HttpResponse:
    """A page of a project: every one of them knows the project and what the reader may do in it."""
    may = permissions(request.user, project)
    shared = {"project": project, "may": may, "can_edit": Permission.EDIT in may, "can_launch": Permission.LAUNCH in may}
    return render(request, f"projects/{template}.html", {**shared, "role": role_of(request.user, project), **context})


@require_safe
@login_not_required
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, the public projects, and how the services are."""
    public = Project.objects.public()
    return render(
        request, "projects/landing.html", {"projects": public[:6], "counts": {"projects": public.count()}, "services": health.statuses()}
    )


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Where somebody who signed in begins: their projects."""
    mine = Project.objects.mine(person(request))
    if request.GET.get("format"):
        made = listing(request, project_rows(request, list(mine)), following=None, filename="my-projects")
        if made is not None:
            return made
    return render(request, "projects/dashboard.html", {"projects": mine, "services": health.statuses()})


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """All projects that the reader may see, by text if asked."""
    query = asked(request)
    shown, following = page_of_projects(request, query)
    if request.GET.get("format"):
        made = listing(request, project_rows(request, shown), following=following, filename="projects")
        if made is not None:
            return made
    return render(request, "projects/index.html", {"projects": shown, "query": query, "next_url": following})


def page_of_projects(request: HttpRequest, query: str) -> tuple[list[Project], str | None]:
    """The projects that the reader may see and that match, from `?after=` on, and the address of those after them."""
    size = page_size(request, PAGE)
    found = Project.objects.visible_to(request.user).matching(query)
    shown = found.page(after=request.GET.get("after", ""), size=size + 1)
    if len(shown) <= size:
        return shown, None
    shown = shown[:size]
    return shown, f"?{urlencode({'q': query, 'after': shown[-1].slug} if query else {'after': shown[-1].slug})}"


def project_rows(request: HttpRequest, shown: list[Project]) -> list[dict[str, Any]]:
    """Projects as rows of a table for programs."""
    know_roles(request.user, shown)
    data: dict[int, list[Resource]] = {project.pk: [] for project in shown}
    for item in Resource.objects.filter(project__in=shown, kind=Resource.Kind.DID).visible_to(request.user):
        data[item.project_id].append(item)
    return [described(request, project, data[project.pk]) for project in shown]


@require_safe
@login_not_required
def search(request: HttpRequest) -> HttpResponse:
    """One search: the projects here, the catalogue's answer as a fragment of its own."""
    query = asked(request)
    shown, following = page_of_projects(request, query) if query else ([], None)
    if request.GET.get("format"):
        made = listing(request, project_rows(request, shown), following=following, filename="search")
        if made is not None:
            return made
    return render(request, "projects/search.html", {"query": query, "projects": shown, "next_url": following})


@require_safe
@login_not_required
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The project: what it is about and what it binds together."""
    project = project_for(request.user, slug, Permission.VIEW)
    resources = project.resources.visible_to(request.user)
    if request.GET.get("format") == "json":
        return JsonResponse(described(request, project, resources.filter(kind=Resource.Kind.DID)))
    shown = list(resources[:200])
    context = {
        "resources": {kind.value: [item for item in shown if item.kind == kind] for kind in Resource.Kind},
        "closed": closed_resources(request.user, project, project.resources.filter(kind__in=Resource.IN_LAKES)),
        "memberships": people_of(request, project),
        "scope_is_visible": bool(project.scope) and can_see_results_scope(request.user, project),
    }
    return page(request, project, "detail", tab="overview", **context)


def people_of(request: HttpRequest, project: Project) -> list[Membership]:
    """Memberships with their people, leads first; those who do not belong to the project see its leads and groups only."""
    order = list(ROLES)
    found = project.memberships.select_related("user")
    if role_of(request.user, project) is None:
        found = found.filter(Q(user=None) | Q(role=Role.LEAD))
    return sorted(found, key=lambda item: (order.index(Role(item.role)), str(item.user or item.group)))


@require_safe
@login_not_required
def picture(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's picture, for those who may see the project at this moment: browsers keep it, and ask again each time."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.picture:
        raise Http404("This project has no picture.")
    tag = quote_etag(hashlib.sha256(str(project.picture.name).encode()).hexdigest()[:24])  # each upload has a name of its own
    response = get_conditional_response(request, etag=tag) or FileResponse(project.picture.open("rb"))
    if not str(response.get("Content-Type", "image/")).startswith("image/"):
        response["Content-Type"] = "application/octet-stream"
    response["ETag"] = tag
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"  # a picture from a person runs nothing here
    response["Cache-Control"] = "private, no-cache"
    return response
