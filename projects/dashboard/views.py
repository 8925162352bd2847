"""The dashboard and its parts: what waits for the person, the health of projects that they lead, and figures for staff."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.models import Membership, Project, Role
from projects.permissions import can_create_projects
from projects.project_health import health_of
from projects.project_json import project_rows
from vre_portal import attention as attention_items
from vre_portal import health as service_health
from vre_portal import staff_overview
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.pages import part_version
from vre_portal.services import ServiceKind, services
from vre_portal.tables import listing, page_size

FIRST = 8  # things that wait, shown before "Show more"
MAX_LED = 50  # projects whose health is shown
SHOWN, PAGE = 12, 50  # projects of the person on the dashboard, and on a page of all of them


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Where somebody who signed in begins: what waits for them, then their projects and the rest."""
    user = current_user(request)
    if request.GET.get("format"):
        projects, following = page_of_mine(request, user)
        document = listing(request, project_rows(request, projects), following=following, filename="my-projects")
        if document is not None:
            return document
    context = {
        "version": part_version("projects"),
        "own": lambda: own_projects(user),
        "can_create": can_create_projects(user),
        "services": service_health.states_at_a_glance(),
        "lakes": services(ServiceKind.RUCIO) if user.groups else (),
        "sections": tuple(staff_overview.StaffSection) if user.is_staff else (),
    }
    return render(request, "dashboard/index.html", context)


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """All projects that the reader belongs to, page by page; also as JSON and CSV."""
    user = current_user(request)
    shown, following = page_of_mine(request, user)
    document = listing(request, project_rows(request, shown), following=following, filename="my-projects")
    total = Project.objects.mine(user).count()
    return document or render(request, "dashboard/projects.html", {"projects": shown, "total": total, "next_url": following})


def page_of_mine(request: HttpRequest, user: User) -> tuple[list[Project], str | None]:
    """The projects of the person from `?after=` on, and the address of those after them."""
    size = page_size(request, PAGE)
    found = Project.objects.mine(user).page(after=request.GET.get("after", ""), size=size + 1)
    if len(found) <= size:
        return found, None
    return found[:size], f"?{urlencode({'after': found[size - 1].slug})}"


def own_projects(user: User) -> dict[str, Any]:
    """The first of the person's projects and how many there are, whether they lead one, and where somebody without any asks for a group."""
    mine = Project.objects.mine(user)
    projects = mine.page(after="", size=SHOWN + 1)
    led = Q(pk__in=Membership.objects.of(user).filter(role=Role.LEAD).values("project"))
    counts = mine.aggregate(total=Count("pk"), led=Count("pk", filter=led)) if projects else {"total": 0, "led": 0}
    asking = {"has_groups": bool(user.groups), "iams": list(services(ServiceKind.IAM)), "contact": settings.SITE["contact"]}
    return {
        "projects": projects[:SHOWN],
        "total": counts["total"],
        "is_cut": counts["total"] > SHOWN,
        "leads": counts["led"] > 0,
        "can_create": can_create_projects(user),
        **asking,
    }


@require_safe
def attention(request: HttpRequest) -> HttpResponse:
    """A fragment: what waits for the reader, from the portal's own rows."""
    items = attention_items.items(current_user(request))
    document = listing(request, [asdict(item) for item in items], following=None, filename="attention")
    return document or render(request, "dashboard/attention.html", {"first": items[:FIRST], "more": items[FIRST:]})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """A fragment: how the projects are that the reader leads."""
    user = current_user(request)
    led = Membership.objects.of(user).filter(role=Role.LEAD).values("project")
    projects = list(Project.objects.filter(pk__in=led).order_by("title", "slug")[: MAX_LED + 1])
    notes, failures = health_of(user, projects[:MAX_LED])
    rows = [
        {"project": project.slug, "title": project.title, "notes": list(map(asdict, notes[project.pk]))} for project in projects[:MAX_LED]
    ]
    document = listing(request, rows, following=None, filename="project-health")
    shown = [(project, notes[project.pk]) for project in projects[:MAX_LED]]
    context = {"shown": shown, "failures": failures, "cut": len(projects) > MAX_LED, "limit": MAX_LED}
    return document or render(request, "dashboard/health.html", context)


@require_safe
def staff(request: HttpRequest, section: str) -> HttpResponse:
    """A fragment: one section of what staff see; for everybody else there is no such page."""
    if not current_user(request).is_staff or section not in list(staff_overview.StaffSection):
        raise Http404
    figures, failures = staff_overview.figures(staff_overview.StaffSection(section))
    document = listing(request, [asdict(item) for item in figures], following=None, filename=f"staff-{section}")
    return document or render(request, "dashboard/staff.html", {"section": section, "figures": figures, "failures": failures})
