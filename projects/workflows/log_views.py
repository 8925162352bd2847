"""The log of one job of a run: all that is stored of it, searched, followed while it runs, or as a text file."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects.page_context import project_context
from projects.permissions import Permission
from projects.workflows import viewers
from projects.workflows.job_logs import MAX_MATCHES, log_of
from projects.workflows.models import WholeLog
from projects.workflows.pages import TAB, run_for
from projects.workflows.permissions import may_copy
from projects.workflows.refusals import NotNow
from projects.workflows.whole_logs import presenting as whole_logs
from projects.workflows.whole_logs import services
from vre_portal.iam.current_user import current_user
from vre_portal.limits import DOWNLOAD, READING, RateLimit, rate_limited
from vre_portal.pages import expires_in, public_page

MAX_QUERY = 200


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
@rate_limited(RateLimit("search", READING, only_with=frozenset({"q", "format"})))  # not of one that is followed
def log(request: HttpRequest, slug: str, number: int, job: int) -> HttpResponseBase:
    """A job's log; a followed one asks for itself again until the run has ended."""
    run = run_for(request, slug, number)
    found = log_of(run, job)
    if found is None:
        raise Http404(_("This run has no such job."))
    if not run.ended:
        viewers.watch(run)
        expires_in(0)  # each visit counts: while nobody looks, REANA is asked less often
    whole = WholeLog.objects.filter(run=run, number=job).first()
    # Of a job that has written more since, the end that is stored here is the newer one.
    is_outdated = whole is not None and whole.is_ready and services.is_outdated(whole, run)
    wants_whole = not is_outdated or request.GET.get("whole") == "1"
    if request.GET.get("format") == "text" and wants_whole and (answer := whole_logs.downloaded(run, whole)):
        return answer
    if request.GET.get("format") == "text":
        response = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, f"run-{run.number}-job-{job}.log") or "attachment"
        return response
    # A part of the page waits for the whole log, and takes its own place out of the page.
    is_fragment = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") != "whole-log"
    if is_fragment and request.GET.get("seen") == run.digest:
        return HttpResponse(status=204)
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    page = None if query else whole_logs.page_of(request, whole)
    searches_whole = bool(query) and whole_logs.is_here(whole) and not is_outdated
    is_wanted = whole is None or is_outdated or not (whole.is_fetching or whole.is_ready)
    context = project_context(
        request,
        run.project,
        TAB,
        run=run,
        log=found,
        query=query,
        matches=() if searches_whole else found.matches(query),
        most=MAX_MATCHES,
        whole=whole,
        page=page,
        search=whole_logs.searched(whole, query) if searches_whole else None,
        is_outdated=is_outdated,
        can_fetch=is_wanted and may_copy(request.user, run) and bool(found.missing) and not run.workspace_deleted_at,
        follows=not run.ended and not query and page is None and request.GET.get("follow") == "1",
    )
    return render(request, "workflows/log.html#log" if is_fragment else "workflows/log.html", context)


@require_POST
@rate_limited(DOWNLOAD)
def fetch(request: HttpRequest, slug: str, number: int, job: int) -> HttpResponse:
    """Ask for the whole log of a job to be fetched from REANA."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not may_copy(request.user, run):
        raise PermissionDenied(_("Only %(person)s, who launched the run, can fetch its logs from REANA.") % {"person": run.by})
    if log_of(run, job) is None:
        raise Http404(_("This run has no such job."))
    try:
        services.ask_for(by=current_user(request), run=run, number=job)
    except NotNow as error:
        messages.error(request, str(error))
    return redirect("workflows:log", slug, number, job)
