"""Pages of the science projects."""

import hashlib
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects import facets
from projects.editing import pictures
from projects.latest_result import latest_result
from projects.linked_data import head_of
from projects.models import Membership, Project, Resource, Role
from projects.models.membership import MembershipQuerySet
from projects.page_context import render_project_page
from projects.permissions import Permission, can_create_projects, project_for, role_of
from projects.project_json import described_whole, project_rows
from projects.references.indexed import OF_REFERENCES, with_index
from projects.references.reference_list import as_row, first_with_data
from projects.references.views import editing_context
from projects.resource_access import ShownResources, can_see_results_scope, closed_resources, first_resources
from vre_portal.iam.models import User
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.page_head import PageHead
from vre_portal.pages import part_version, public_page, unknown_version
from vre_portal.recent import services as recent
from vre_portal.tables import listing, page_size

PAGE, SHOWN_OF_A_KIND = 50, 10

SECTIONS = {  # of a project's first page
    "did": (Resource.Kind.DID,),
    "result": (Resource.Kind.RESULT,),
    "software": (Resource.Kind.SOFTWARE, Resource.Kind.GIT, Resource.Kind.ENVIRONMENT),
    "other": (Resource.Kind.PAPER, Resource.Kind.ARXIV, Resource.Kind.PERSON, Resource.Kind.IVO, Resource.Kind.LINK),
}
PEOPLE_SHOWN = 6  # on the first page of a project
JSON_PEOPLE = 100  # in the JSON of a project; as many as on a page of its people


def asked(request: HttpRequest) -> str:
    """The text that a reader searches for."""
    return request.GET.get("q", "").strip()[:200]


@require_safe
@login_not_required
@public_page("projects", until=Project.objects.next_opening)
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """All projects that the reader may see, by text and by facets if asked."""
    query, chosen = asked(request), facets.chosen_of(request)
    projects, following = page_of_projects(request, query, chosen)
    if request.GET.get("format"):
        made = listing(request, project_rows(request, projects), following=following, filename="projects")
        if made is not None:
            return made
    found = facets.narrowed(Project.objects.visible_to(request.user).matching(query), chosen)
    context = {"projects": projects, "query": query, "chosen": chosen, "next_url": following, "facets": facets.facets(found, chosen, query)}
    more = {"head": index_head(), "can_create": can_create_projects(request.user)}
    return render(request, "projects/index.html", context | more)


def index_head() -> PageHead:
    """What search engines and previews say of the list."""
    text = _("Public science projects with their data, software and results.")
    return PageHead(title=_("Projects"), description=text, path=reverse("projects:index"))


def page_of_projects(request: HttpRequest, query: str, chosen: dict[str, str]) -> tuple[list[Project], str | None]:
    """The projects that the reader may see and that match, from `?after=` on, and the address of those after them."""
    size = page_size(request, PAGE)
    matching = facets.narrowed(Project.objects.visible_to(request.user).matching(query), chosen)
    projects = matching.page(after=request.GET.get("after", ""), size=size + 1)
    if len(projects) <= size:
        return projects, None
    projects = projects[:size]
    return projects, facets.address({**chosen, "q": query}, after=projects[-1].slug)


@require_safe
@login_not_required
@public_page("projects", "people", "runs", *OF_REFERENCES)
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The project: what it is about and what it binds together."""
    project = project_for(request.user, slug, Permission.VIEW)
    if request.GET.get("format") == "json":
        return JsonResponse(whole_project(request, project))
    if isinstance(request.user, User) and request.method == "GET":
        recent.note(request.user, kind="project", service="", identifier=project.slug, title=project.title, url=project.get_absolute_url())
    # Who does not belong to the project sees more with an account at a lake, which the lake may say anew at any moment.
    version = part_version("projects", "people", "runs") if role_of(request.user, project) else unknown_version()
    body = partial(overview_of, request, project)
    return render_project_page(request, project, "projects/detail.html", "overview", version=version, body=body, head=head_of(project))


def whole_project(request: HttpRequest, project: Project) -> dict[str, Any]:
    """The project for `?format=json`: what its page shows, with the first rows of each list and the address of the rest."""
    page, data, data_next = first_with_data(request, project)
    memberships = list(people_of(request, project)[: JSON_PEOPLE + 1])
    people_next = f"?from={JSON_PEOPLE}" if len(memberships) > JSON_PEOPLE else ""
    whole = described_whole(request, project, data, memberships[:JSON_PEOPLE], latest_result(request.user, project))
    rows = [as_row(item, with_people=role_of(request.user, project) is not None) for item in page.shown]

    def more(name: str, query: str) -> str | None:
        return f"{request.build_absolute_uri(reverse(f'projects:{name}', args=[project.slug]))}{query}&format=json" if query else None

    following = {"data_next": more("data", data_next), "people_next": more("people", people_next)}
    return whole | following | {"references": rows, "references_next": more("references", page.next_url)}


def overview_of(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What the first page of a project shows of what it binds together, for this reader."""
    resources, origins = first_resources(request.user, project, SHOWN_OF_A_KIND)
    with_index(request.user, resources)
    return {
        "resources": {name: ShownResources(item for item in resources if item.kind in kinds) for name, kinds in SECTIONS.items()},
        "closed": closed_resources(request.user, project, project.resources.filter(kind__in=Resource.IN_LAKES), origins),
        "memberships": list(people_of(request, project)[:PEOPLE_SHOWN]),
        **editing_context(request, project, origins, with_names=False),
        "result": latest_result(request.user, project),
        "copied_from": project.copied_from(request.user),
        "shows_scope": bool(project.scope) and can_see_results_scope(request.user, project),
    }


def people_of(request: HttpRequest, project: Project) -> MembershipQuerySet:
    """Memberships with their people, leads first; those who do not belong to the project see its leads and groups only."""
    memberships = Membership.objects.filter(project=project).select_related("user").in_order()
    if role_of(request.user, project) is None:
        memberships = memberships.filter(Q(user=None) | Q(role=Role.LEAD))
    return memberships


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
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    try:
        response = response or (picture_card(project) if size else FileResponse(project.picture.open("rb")))
    except FileNotFoundError as error:
        raise Http404(_("The file of this picture is missing.")) from error
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
