"""The page with several runs of a project side by side."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.lists.forms import MAX_COMPARED
from projects.workflows.models import Run, RunValue
from projects.workflows.pages import TAB, visible_runs
from projects.workflows.side_by_side import SideBySide
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing
from vre_portal.text import number_of


@require_safe
@login_not_required
@rate_limited(SEARCH)
@public_page("projects", "people", "runs")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The runs that the address names, the earliest first: `?run=3&run=5`; those that the reader does not see are said to be missing."""
    project = project_for(request.user, slug, Permission.VIEW)
    named = dict.fromkeys(filter(None, map(number_of, request.GET.getlist("run"))))
    wanted = list(named)[:MAX_COMPARED]
    runs = runs_of(request, project, wanted)
    found = SideBySide(tuple(runs)) if len(runs) > 1 else None
    if found and (made := listing(request, list(found.rows()), following=None, filename=f"{slug}-comparison")):
        return made
    missing = [str(number) for number in wanted if number not in {run.number for run in runs}]
    page: dict[str, Any] = {"comparison": found, "missing": missing, "left_out": len(named) - len(wanted), "most": MAX_COMPARED}
    if not found:
        page["has_several"] = len(visible_runs(request, project).order_by().values_list("pk")[:2]) > 1
    return render(request, "workflows/compare.html", project_context(request, project, TAB, **page))


def runs_of(request: HttpRequest, project: Project, numbers: list[int]) -> list[Run]:
    """Those of these runs that the reader sees, with all that is compared."""
    if not numbers:
        return []
    values = Prefetch("values", RunValue.objects.filter(kind=RunValue.Kind.RESULT))
    runs = visible_runs(request, project).filter(number__in=numbers).select_related("version").defer("version__text", "code", "files")
    return list(runs.prefetch_related("input_files", values).order_by("number"))
