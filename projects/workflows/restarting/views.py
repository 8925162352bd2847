"""Continue a failed run."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.permissions import Permission
from projects.workflows.pages import run_for
from projects.workflows.permissions import may_copy
from projects.workflows.readings import reading_of
from projects.workflows.refusals import NotNow
from projects.workflows.restarting import services
from projects.workflows.restarting.facts import continuation_of
from projects.workflows.steps import graph
from vre_portal.iam.current_user import current_user
from vre_portal.limits import LAUNCH, rate_limited


@require_POST
@rate_limited(LAUNCH)
def continue_run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Continue the run from the step that failed; the answer is the page of the new run."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not may_copy(request.user, run):
        raise PermissionDenied(_("Only %(person)s, who launched the run, can continue it.") % {"person": run.by})
    reading = reading_of(run)
    how = continuation_of(request.user, run, reading, graph(run, reading))
    if how is None:
        messages.error(request, _("Only runs that failed at REANA can be continued."))
        return redirect(run)
    try:
        new = services.continue_run(by=current_user(request), run=run, how=how)
    except NotNow as error:
        messages.error(request, str(error))
        return redirect(run)
    return redirect(new)
