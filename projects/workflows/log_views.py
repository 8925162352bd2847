"""The log of one job of a run: all that is stored of it, searched, followed while it runs, or as a text file."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.page_context import project_context
from projects.workflows import viewers
from projects.workflows.job_logs import MAX_MATCHES, log_of
from projects.workflows.pages import TAB, run_for
from vre_portal.pages import expires_in, public_page

MAX_QUERY = 200


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def log(request: HttpRequest, slug: str, number: int, job: int) -> HttpResponse:
    """A job's log; a followed one asks for itself again until the run has ended."""
    run = run_for(request, slug, number)
    found = log_of(run, job)
    if found is None:
        raise Http404(_("This run has no such job."))
    if not run.ended:
        viewers.watch(run)
        expires_in(0)  # each visit counts: while nobody looks, REANA is asked less often
    if request.GET.get("format") == "text":
        response = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, f"run-{run.number}-job-{job}.log") or "attachment"
        return response
    is_fragment = request.headers.get("HX-Request") == "true"
    if is_fragment and request.GET.get("seen") == run.digest:
        return HttpResponse(status=204)
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    context = project_context(
        request,
        run.project,
        TAB,
        run=run,
        log=found,
        query=query,
        matches=found.matches(query),
        most=MAX_MATCHES,
        follows=not run.ended and not query and request.GET.get("follow") == "1",
    )
    return render(request, "workflows/log.html#log" if is_fragment else "workflows/log.html", context)
