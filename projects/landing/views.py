"""The start page, the runs of this month, the storage sites, and the references."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.facets import facets
from projects.landing import figures
from projects.landing.public_pages import home_head
from projects.landing.service_links import service_links
from projects.landing.stages import chain
from projects.models import Project
from projects.news.models import NewsItem
from projects.news.public_pages import next_change
from projects.permissions import can_create_projects
from vre_portal import health
from vre_portal.iam.sessions.staff_access import is_staff
from vre_portal.page_head import PageHead
from vre_portal.pages import SharedValue, public_page
from vre_portal.services import ServiceKind, services
from vre_portal.site_texts.services import present_texts
from vre_portal.tables import listing, page_size, row

PROJECTS, NEWS, PAGE = 6, 3, 50


def _facets() -> Any:
    figures.until_next_opening()
    return [item for item in facets(Project.objects.public(), {}, "") if item.values]


public_facets = SharedValue(_facets, "projects")


@require_safe
@login_not_required
@public_page("projects", "people", "services", "runs", "software", "lake_sums", "lake_sites", "news", "texts", until=next_change)
def home(request: HttpRequest) -> HttpResponse:
    """What this is and for whom, what there is, and how the services are."""
    texts = present_texts()
    context = {
        "texts": texts,
        "head": home_head(str(texts["tagline"])),
        "lakes": figures.lake_figures(),
        "counts": counts(),
        "stages": chain(),
        "projects": Project.objects.public()[:PROJECTS],
        "facets": public_facets(),
        "services": [(item.service.title, item.state_word) for item in health.statuses() if item.service.is_for_people],
        "news": NewsItem.objects.visible_to(request.user).newest_first()[:NEWS],
        "iams": services(ServiceKind.IAM),
        "can_edit_texts": is_staff(request),
        "can_create": can_create_projects(request.user),
    }
    return render(request, "landing/home.html", context)


def counts() -> dict[str, int]:
    """How much of everything a visitor can look at."""
    return {
        "projects": figures.project_count(),
        "runs": figures.run_count(),
        "sites": len(figures.storage_sites()),
        "software": figures.software_count(),
    }


@require_safe
@login_not_required
@public_page("projects", "people", "runs", until=Project.objects.next_opening)
def runs(request: HttpRequest) -> HttpResponse:
    """The published runs of public projects that finished this month, the newest first."""
    found = figures.runs_of_this_month().select_related("project", "specification").order_by("-finished_at", "-pk")
    page = Paginator(found, page_size(request, PAGE)).get_page(request.GET.get("page"))
    following = f"?{urlencode({'page': page.next_page_number()})}" if page.has_next() else None
    rows = [
        {
            "project": run.project.slug,
            "run": run.number,
            "workflow": str(run.specification),
            "finished": run.finished_at,
            "page": run.get_absolute_url(),
        }
        for run in page
    ]
    if document := listing(request, rows, following=following, filename="runs"):
        return document
    previous = f"?{urlencode({'page': page.previous_page_number()})}" if page.has_previous() else ""
    head = PageHead(
        title=_("Runs of this month"), description=_("Published workflow runs that finished this month."), path=reverse("landing:runs")
    )
    context = {"runs": page, "total": page.paginator.count, "next_url": following, "previous_url": previous, "head": head}
    return render(request, "landing/runs.html", {**context, "month": figures.month_begin()})


@require_safe
@login_not_required
@public_page("lake_sites")
def sites(request: HttpRequest) -> HttpResponse:
    """The storage sites of the lakes."""
    found = figures.storage_sites()
    if document := listing(request, [row(site) for site in found], following=None, filename="sites"):
        return document
    titles = {lake.name: lake.title for lake in services(ServiceKind.RUCIO)}
    head = PageHead(title=_("Storage sites"), description=_("The sites that store the data of this portal."), path=reverse("landing:sites"))
    return render(request, "landing/sites.html", {"sites": [(site, titles[site.lake]) for site in found], "head": head})


@require_safe
@login_not_required
@public_page("services", "texts")
def references(request: HttpRequest) -> HttpResponse:
    """The services behind the portal with their own pages, and where to read on."""
    head = PageHead(
        title=_("References"),
        description=_("The services behind this portal, their documentation and their monitoring."),
        path=reverse("landing:references"),
    )
    context = {"links": service_links(), "texts": present_texts(), "head": head, "can_edit_texts": is_staff(request)}
    return render(request, "landing/references.html", context)
