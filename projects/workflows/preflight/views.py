"""The checks before a launch with what servers, lakes and registries say now: a part of the launch page that is fetched on its own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.launching.input_rows import input_rows
from projects.workflows.launching.views import chosen_specification, form_for, query_of
from projects.workflows.pages import TAB
from projects.workflows.preflight.page import part_of
from vre_portal.iam.current_user import current_user
from vre_portal.limits import LOOKUP, rate_limited


@require_POST
@rate_limited(LOOKUP)
def before(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment: the list for the values that stand in the form, and what is known of each input, beside its field. Nothing is launched."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    chosen = chosen_specification(request, project)
    if chosen.faults:
        raise Http404(_("This workflow cannot be launched."))
    form = form_for(request, chosen)
    page = {"specification": form.specification, "query": query_of(form), **part_of(request, project, form, is_asked=True)}
    page["inputs"] = input_rows(form, current_user(request), project)
    return render(request, "workflows/preflight/answer.html", project_context(request, project, TAB, **page))
