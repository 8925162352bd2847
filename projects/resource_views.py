"""Pages of what a project binds together: data, software, results; and adding something or removing it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects import services
from projects.forms import ResourceForm, audience_of
from projects.models import Project, Resource
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for, role_of
from projects.references.indexed import OF_REFERENCES, with_index
from projects.references.project_choice import offered_projects
from projects.references.reference_list import PAGE, as_row, page_of
from projects.references.services import remove
from projects.references.views import back_to, editing_context, note_removed
from projects.resource_access import ShownResources, can_see, closed_resources
from projects.result_cards import result_cards
from vre_portal.iam.current_user import current_user
from vre_portal.limits import UPLOAD, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing, page_size

SOFTWARE = (Resource.Kind.SOFTWARE, Resource.Kind.GIT, Resource.Kind.ENVIRONMENT)
LISTED_IN: dict[str, str] = {Resource.Kind.DID: "data", Resource.Kind.RESULT: "results", **dict.fromkeys(SOFTWARE, "software")}


def in_order(request: HttpRequest, slug: str, template: str, *kinds: Resource.Kind) -> HttpResponse:
    """The project's references of some kinds in their order, as a page, JSON or CSV."""
    project = project_for(request.user, slug, Permission.VIEW)
    page = page_of(request, project, kinds)
    if request.GET.get("format"):
        made = listing(request, rows_of(request, project, page.shown), following=page.next_url, filename=f"{slug}-{template}")
        if made is not None:
            return made
    closed = closed_resources(request.user, project, project.resources.filter(kind__in=kinds), page.origins)
    context = {"resources": page.shown, "next_url": page.next_url, "closed": closed, **editing_context(request, project, page.origins)}
    return render_project_page(request, project, f"projects/{template}.html", template, **context)


def rows_of(request: HttpRequest, project: Project, resources: Iterable[Resource]) -> list[dict[str, Any]]:
    """References as rows of a table for programs."""
    return [as_row(item, with_people=role_of(request.user, project) is not None) for item in resources]


@require_safe
@login_not_required
@public_page("projects", "people", *OF_REFERENCES)
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """The DIDs of the project."""
    return in_order(request, slug, "data", Resource.Kind.DID)


@require_safe
@login_not_required
@public_page("projects", "people", *OF_REFERENCES)
def software(request: HttpRequest, slug: str) -> HttpResponse:
    """The software, the repositories and the container images of the project."""
    return in_order(request, slug, "software", *SOFTWARE)


@require_safe
@login_not_required
@public_page("projects", "people", "runs", *OF_REFERENCES)
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """The results of runs as cards, and those that were kept in a lake, newest first; for programs the former, with `?of=kept` the latter."""
    project = project_for(request.user, slug, Permission.VIEW)
    is_export = bool(request.GET.get("format"))
    if is_export and request.GET.get("of") != "kept":
        found = result_cards(request, project)
        made = listing(request, [dict(card.row) for card in found.cards], following=found.next_url, filename=f"{slug}-results")
        if made is not None:
            return made
    bound = project.resources.filter(kind=Resource.Kind.RESULT)
    origins = bound.origins()
    newest = bound.visible_to(request.user, origins).select_related("added_by").order_by("-pk")
    before = request.GET.get("before", "")
    if before.isdecimal():
        newest = newest.filter(pk__lt=int(before[:18]))
    size = page_size(request, PAGE)
    rows = list(newest[: size + 1])
    shown = ShownResources(rows[:size])
    with_index(request.user, shown)
    following = f"?before={shown[-1].pk}" if len(rows) > size else ""
    if is_export:
        next_rows = f"{following}&of=kept" if following else ""
        made = listing(request, rows_of(request, project, shown), following=next_rows, filename=f"{slug}-kept-results")
        if made is not None:
            return made
    closed = closed_resources(request.user, project, bound, origins)
    context: dict[str, Any] = {"resources": shown, "next_url": following, "closed": closed, "results": result_cards(request, project)}
    return render_project_page(request, project, "projects/results.html", "results", **context)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The projects that the reader may add something to: a fragment of a form, or a page of its own for what the address names."""
    thing = {name: request.GET.get(name, "") for name in ("kind", "service", "identifier", "title", "entry")}
    query = request.GET.get("q", "").strip()[:200]
    named = {name: thing[name] for name in ("kind", "service", "identifier")}
    offered = offered_projects(request, **named, query=query)
    readers = audience_of(current_user(request), thing["kind"], thing["service"], thing["identifier"])
    template = "projects/choose.html" if request.headers.get("HX-Request") == "true" else "projects/choose_page.html"
    return render(request, template, {"offered": offered, "thing": thing, "query": query, "readers": readers})


@require_POST
@rate_limited(UPLOAD)
def resource_add(request: HttpRequest) -> HttpResponse:
    """Bind a DID or a software entry to one of the reader's projects."""
    form = ResourceForm(request.POST)
    if not form.is_valid():
        return render(request, "projects/resource_form.html", {"form": form}, status=400)
    values = form.cleaned_data
    project = project_for(request.user, values["project"], Permission.EDIT)
    if not form.is_readable_by(current_user(request)):
        return render(request, "projects/resource_form.html", {"form": form}, status=400)
    services.add_resource(
        by=current_user(request),
        project=project,
        kind=values["kind"],
        service=values["service"],
        identifier=values["identifier"],
        title=values["title"],
        facts=form.facts(),
    )
    readers = audience_of(current_user(request), values["kind"], values["service"], values["identifier"])
    messages.success(request, " ".join(filter(None, [_("Added to %(project)s.") % {"project": project.title}, readers])))
    return redirect("projects:data" if values["kind"] == Resource.Kind.DID else "projects:software", slug=project.slug)


@require_POST
def resource_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Unbind something from the project; what the reader may not see goes without its name, if they may know that it is there."""
    project = project_for(request.user, slug, Permission.EDIT)
    resource = get_object_or_404(Resource, pk=pk, project=project)
    is_visible = resource.origin is None or can_see(request.user, project, resource.origin)
    if not is_visible and not closed_resources(request.user, project, project.resources.filter(pk=pk)):
        raise Http404(_("Not found in this project."))
    removed = remove(by=current_user(request), resource=resource)
    if is_visible:
        message = _("%(name)s was removed from this project. The original is unchanged.") % {"name": resource}
    else:
        message = _("The restricted data were removed from this project. The original is unchanged.")
    note_removed(request, project, removed, str(resource) if is_visible else _("The restricted data"))
    messages.success(request, message)
    return redirect(back_to(request, project, LISTED_IN.get(resource.kind, "references")))
