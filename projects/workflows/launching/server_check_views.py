"""What the chosen REANA says of a workflow before its launch: a part of the launch page that is fetched on its own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.launching.views import asked_servers, chosen_specification, form_for, query_of, server_checks_of
from projects.workflows.pages import TAB
from vre_portal.limits import LOOKUP, rate_limited


@require_POST
@rate_limited(LOOKUP)
def server_checks(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment: the server's findings, for the settings that stand in the form. Nothing is launched.

    With `follow`, because another server was chosen, only one that was asked before on the page is asked.
    """
    project = project_for(request.user, slug, Permission.LAUNCH)
    chosen = chosen_specification(request, project)
    if chosen.faults:
        raise Http404(_("This workflow cannot be launched."))
    form = form_for(request, chosen)
    is_asked = "follow" not in request.POST or form.chosen_server in asked_servers(request)
    page = {"specification": form.specification, "query": query_of(form), **server_checks_of(request, form, is_asked=is_asked)}
    return render(request, "workflows/server_checks.html", project_context(request, project, TAB, **page))
