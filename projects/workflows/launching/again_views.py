"""Launch a run once more as it was: a page that says what is not the same any more, and one press."""

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.page_context import project_context
from projects.permissions import Permission
from projects.workflows.launching import again, offers
from projects.workflows.launching.again import Again
from projects.workflows.launching.version_part import at_version
from projects.workflows.launching.views import launched
from projects.workflows.models import Run, Specification
from projects.workflows.pages import TAB, run_for
from projects.workflows.preflight.page import add_known_errors
from projects.workflows.presenting import described
from vre_portal.iam.current_user import current_user
from vre_portal.limits import LAUNCH, rate_limited


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(LAUNCH)
def run_again(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say what differs from the run, or launch it once more: by the version that it used, or by the one that the address names."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    specification = _specification(request, run)
    if specification.archived_at or specification.faults:
        page = project_context(request, run.project, TAB, run=run, specification=specification)
        return render(request, "workflows/again_closed.html", page, status=409 if request.method == "POST" else 200)
    key = request.POST.get("key", "") if request.method == "POST" else str(uuid.uuid4())
    form = again.form_of(run, specification, key=key, reader=current_user(request), offers=offers.offers())
    is_valid, started, is_look = form.is_valid(), None, request.POST.get("do") == "look"
    shown = Again(run, form, current_user(request), is_asked=is_look)
    is_press = request.method == "POST" and not is_look
    if is_press:
        started = launched(request, run.project, form) if is_valid else None
    elif is_valid:
        add_known_errors(request, run.project, form)
    if started:
        return JsonResponse(described(started), status=202) if request.GET.get("format") == "json" else redirect(started)
    status = 200 if not is_press else 503 if form.has_stopped_server else 422
    page = project_context(request, run.project, TAB, run=run, again=shown, form=form, specification=specification)
    return render(request, "workflows/again.html", page, status=status)


def _specification(request: HttpRequest, run: Run) -> Specification:
    """The workflow as the run used it, or at the version that the address names. Raises Http404 where it has no such version."""
    found = Specification.objects.select_related("current").defer("code").get(pk=run.specification_id)
    found.project = run.project
    number = request.GET.get("version", "")
    return at_version(found, number) if number else again.version_of(run, found)
