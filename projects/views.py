"""Pages of the landing, the dashboard and the science projects."""

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.editing import pictures
from projects.models import Membership, Project, Resource, Role
from projects.page_context import render_project_page
from projects.permissions import ROLES, Permission, know_roles, project_for, role_of
from projects.resource_access import ShownResources, can_see_results_scope, closed_resources, first_resources
from vre_portal import health
from vre_portal.iam.current_user import current_user
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.pages import part_version, public_page, unknown_version
from vre_portal.tables import listing, page_size

PAGE, SHOWN = 50, 200


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


@require_safe
@login_not_required
@public_page("projects", "services", until=Project.objects.next_opening)
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, the public projects, and how the services are."""
    public = Project.objects.public()
    return render(
        request, "projects/landing.html", {"projects": public[:6], "counts": {"projects": public.count()}, "services": health.statuses()}
    )


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Where somebody who signed in begins: their projects."""
    mine = Project.objects.mine(current_user(request))
    if request.GET.get("format"):
        made = listing(request, project_rows(request, list(mine)), following=None, filename="my-projects")
        if made is not None:
            return made
    version = part_version("projects")
    context = {"version": version, "own": lambda: {"projects": list(mine)}, "services": health.states_at_a_glance()}
    return render(request, "projects/dashboard.html", context)


@require_safe
@login_not_required
@public_page("projects", until=Project.objects.next_opening)
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """All projects that the reader may see, by text if asked."""
    query = asked(request)
    projects, following = page_of_projects(request, query)
    if request.GET.get("format"):
        made = listing(request, project_rows(request, projects), following=following, filename="projects")
        if made is not None:
            return made
    return render(request, "projects/index.html", {"projects": projects, "query": query, "next_url": following})


def page_of_projects(request: HttpRequest, query: str) -> tuple[list[Project], str | None]:
    """The projects that the reader may see and that match, from `?after=` on, and the address of those after them."""
    size = page_size(request, PAGE)
    matching = Project.objects.visible_to(request.user).matching(query)
    projects = matching.page(after=request.GET.get("after", ""), size=size + 1)
    if len(projects) <= size:
        return projects, None
    projects = projects[:size]
    return projects, f"?{urlencode({'q': query, 'after': projects[-1].slug} if query else {'after': projects[-1].slug})}"


def project_rows(request: HttpRequest, projects: list[Project]) -> list[dict[str, Any]]:
    """Projects as rows of a table for programs."""
    know_roles(request.user, projects)
    data: dict[int, list[Resource]] = {project.pk: [] for project in projects}
    for item in Resource.objects.filter(project__in=projects, kind=Resource.Kind.DID).visible_to(request.user):
        data[item.project_id].append(item)
    return [described(request, project, data[project.pk]) for project in projects]


@require_safe
@login_not_required
@rate_limited(SEARCH)
def search(request: HttpRequest) -> HttpResponse:
    """One search: the projects here, the catalogue's answer as a fragment of its own."""
    query = asked(request)
    projects, following = page_of_projects(request, query) if query else ([], None)
    if request.GET.get("format"):
        made = listing(request, project_rows(request, projects), following=following, filename="search")
        if made is not None:
            return made
    return render(request, "projects/search.html", {"query": query, "projects": projects, "next_url": following})


@require_safe
@login_not_required
@public_page("projects", "people")
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The project: what it is about and what it binds together."""
    project = project_for(request.user, slug, Permission.VIEW)
    if request.GET.get("format") == "json":
        bound = project.resources.filter(kind=Resource.Kind.DID)
        return JsonResponse(described(request, project, bound.visible_to(request.user)))
    # Who does not belong to the project sees more with an account at a lake, which the lake may say anew at any moment.
    version = part_version("projects", "people") if role_of(request.user, project) else unknown_version()
    body = partial(overview_of, request, project)
    return render_project_page(request, project, "projects/detail.html", "overview", version=version, body=body)


def overview_of(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What the first page of a project shows of what it binds together, for this reader."""
    resources, origins = first_resources(request.user, project, SHOWN)
    return {
        "resources": {kind.value: ShownResources(item for item in resources if item.kind == kind) for kind in Resource.Kind},
        "closed": closed_resources(request.user, project, project.resources.filter(kind__in=Resource.IN_LAKES), origins),
        "memberships": people_of(request, project),
        "scope_is_visible": bool(project.scope) and can_see_results_scope(request.user, project),
    }


def people_of(request: HttpRequest, project: Project) -> list[Membership]:
    """Memberships with their people, leads first; those who do not belong to the project see its leads and groups only."""
    order = list(ROLES)
    memberships = project.memberships.select_related("user")
    if role_of(request.user, project) is None:
        memberships = memberships.filter(Q(user=None) | Q(role=Role.LEAD))
    return sorted(memberships, key=lambda item: (order.index(Role(item.role)), str(item.user or item.group)))


@require_safe
@login_not_required
def picture(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The project's picture, for those who may see the project at this moment: browsers keep it, and ask again each time.

    With `?size=card` a small copy, where one can be made.
    """
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.picture:
        raise Http404(_("This project has no picture."))
    size = "card" if request.GET.get("size") == "card" else ""
    tag = quote_etag(hashlib.sha256(f"{project.picture.name}{size}".encode()).hexdigest()[:24])  # each upload has a name of its own
    response = get_conditional_response(request, etag=tag) or (picture_card(project) if size else FileResponse(project.picture.open("rb")))
    if not str(response.get("Content-Type", "image/")).startswith("image/"):
        response["Content-Type"] = "application/octet-stream"
    response["ETag"] = tag
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"  # a picture from a person runs nothing here
    response["Cache-Control"] = "private, no-cache"
    return response


def picture_card(project: Project) -> HttpResponseBase:
    """The small copy of a project's picture, made once; the picture itself where it cannot be made small."""
    key = f"project-card:{hashlib.sha256(str(project.picture.name).encode()).hexdigest()}"
    made = cache.get(key)
    if made is None:
        with project.picture.open("rb") as file:
            made = pictures.card(file)
        if made is None:
            return FileResponse(project.picture.open("rb"))
        cache.set(key, made, pictures.CARD_SECONDS)
    return HttpResponse(made, content_type="image/webp")
