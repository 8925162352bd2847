"""The page of all data of a run."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.page_context import project_context
from projects.workflows.inputs.presenting import described_input
from projects.workflows.pages import TAB, run_for
from vre_portal.pages import public_page
from vre_portal.tables import listing, page_size

ON_A_PAGE = 100


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def inputs(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All files of the Data Lake that a run reads, by keyset pages; as CSV the whole list."""
    run = run_for(request, slug, number)
    size, after = page_size(request, ON_A_PAGE), request.GET.get("after", "")
    found = list(run.input_files.filter(pk__gt=int(after[:18]) if after.isdecimal() else 0)[: size + 1])
    rows, query = found[:size], request.GET.copy()
    query["after"] = str(rows[-1].pk) if rows else ""
    next_url = f"?{query.urlencode()}" if len(found) > size else ""
    if made := listing(request, [described_input(row) for row in rows], following=next_url, filename=f"{slug}-run-{number}-inputs"):
        return made
    return render(request, "workflows/inputs.html", project_context(request, run.project, TAB, run=run, rows=rows, next_url=next_url))
