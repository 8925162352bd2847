"""Pages of the landing, the dashboard and the science projects."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, prefetch_related_objects
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_POST, require_safe

from projects import services
from projects.forms import ResourceForm
from projects.models import Membership, Project, Resource, Role
from projects.permissions import ROLES, Permission, know_roles, permissions, project_for, role_of
from vre_portal import health
from vre_portal.iam.sign_in import person
from vre_portal.tables import listing, page_size

PAGE = 50


def described(request: HttpRequest, project: Project) -> dict[str, Any]:
    """A project as `?format=json` gives it."""
    data = []
    for item in project.resources.all():
        if item.kind == Resource.Kind.DID:
            scope, _, name = item.identifier.partition(":")
            data.append({"lake": item.service, "scope": scope, "name": name, "type": item.facts.get("type")})
    return {
        "slug": project.slug,
        "title": project.title,
        "summary": project.summary,
        "visibility": Project.Visibility.PUBLIC if project.is_public else project.visibility,
        "embargo_until": project.embargo,
        "role": role_of(request.user, project),
        "data": data,
    }


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
    prefetch_related_objects(shown, "resources")
    know_roles(request.user, shown)
    return [described(request, project) for project in shown]


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
    if request.GET.get("format") == "json":
        return JsonResponse(described(request, project))
    resources = list(project.resources.all()[:200])
    kinds = {kind.value: [item for item in resources if item.kind == kind] for kind in Resource.Kind}
    return page(request, project, "detail", tab="overview", resources=kinds, memberships=people_of(request, project))


def people_of(request: HttpRequest, project: Project) -> list[Membership]:
    """Memberships with their people, leads first; those who do not belong to the project see its leads and groups only."""
    order = list(ROLES)
    found = project.memberships.select_related("user")
    if role_of(request.user, project) is None:
        found = found.filter(Q(user=None) | Q(role=Role.LEAD))
    return sorted(found, key=lambda item: (order.index(Role(item.role)), str(item.user or item.group)))


def of_kind(request: HttpRequest, slug: str, template: str, *kinds: Resource.Kind) -> HttpResponse:
    """The project's resources of some kinds, newest first, as a page, JSON or CSV."""
    project = project_for(request.user, slug, Permission.VIEW)
    found = project.resources.filter(kind__in=kinds).select_related("added_by").order_by("-pk")
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(pk__lt=int(before[:18]))
    size = page_size(request, PAGE)
    rows = list(found[: size + 1])
    shown = rows[:size]
    following = f"?before={shown[-1].pk}" if len(rows) > size else ""
    wanted = request.GET.get("format", "")
    plain = listing(request, [tabled(item) for item in shown], following=following, filename=f"{slug}-{template}") if wanted else None
    return plain or page(request, project, template, tab=template, resources=shown, next_url=following)


def tabled(item: Resource) -> dict[str, Any]:
    """A resource as a row of a table for programs."""
    facts = {"kind": item.kind, "service": item.service, "identifier": item.identifier, "title": item.title}
    return {**facts, "page": item.address or None, "facts": item.facts, "added_at": item.added_at}


@require_safe
@login_not_required
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """The DIDs of the project."""
    return of_kind(request, slug, "data", Resource.Kind.DID)


@require_safe
@login_not_required
def software(request: HttpRequest, slug: str) -> HttpResponse:
    """The software and the environments of the project."""
    return of_kind(request, slug, "software", Resource.Kind.SOFTWARE, Resource.Kind.ENVIRONMENT)


@require_safe
@login_not_required
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """The results that were kept, newest first."""
    return of_kind(request, slug, "results", Resource.Kind.RESULT)


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


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The projects that the reader may add something to: a fragment of a form, or a page of its own for what the address names."""
    mine = list(Project.objects.mine(person(request)))
    know_roles(request.user, mine)
    editable = [project for project in mine if Permission.EDIT in permissions(request.user, project)]
    if request.headers.get("HX-Request"):
        return render(request, "projects/choose.html", {"projects": editable})
    names = ("kind", "service", "identifier", "title", "entry")
    return render(
        request, "projects/choose_page.html", {"projects": editable, "thing": {name: request.GET.get(name, "") for name in names}}
    )


@require_POST
def resource_add(request: HttpRequest) -> HttpResponse:
    """Bind a DID or a software entry to one of the reader's projects."""
    form = ResourceForm(request.POST)
    if not form.is_valid():
        return render(request, "projects/resource_form.html", {"form": form}, status=400)
    values = form.cleaned_data
    project = project_for(request.user, values["project"], Permission.EDIT)
    services.add_resource(
        by=person(request),
        project=project,
        kind=values["kind"],
        service=values["service"],
        identifier=values["identifier"],
        title=values["title"],
        facts=form.facts(),
    )
    messages.success(request, f"Added to {project.title}.")
    return redirect("projects:data" if values["kind"] == Resource.Kind.DID else "projects:software", slug=project.slug)


@require_POST
def resource_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Unbind something from the project."""
    project = project_for(request.user, slug, Permission.EDIT)
    resource = get_object_or_404(Resource, pk=pk, project=project)
    services.remove_resource(by=person(request), resource=resource)
    messages.success(request, f"{resource} no longer belongs to this project. The thing itself is untouched.")
    return redirect("projects:data" if resource.kind == Resource.Kind.DID else "projects:software", slug=slug)
