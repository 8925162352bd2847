"""The checks before a launch with what servers, lakes and registries say now: a part of the launch page that is fetched on its own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.launching.views import chosen_specification, form_for, query_of
from projects.workflows.models import Specification
from projects.workflows.pages import TAB
from projects.workflows.preflight.page import part_of
from vre_portal.limits import LOOKUP, rate_limited


@require_POST
@rate_limited(LOOKUP)
def before(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment: the list for the values that stand in the form. Nothing is launched."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    specifications = list(Specification.objects.filter(project=project).in_use().select_related("current").defer("code"))
    chosen = chosen_specification(request, specifications)
    if chosen.faults:
        raise Http404(_("This workflow cannot be launched."))
    form = form_for(request, chosen)
    page = {"specification": form.specification, "query": query_of(form), **part_of(request, project, form, is_asked=True)}
    return render(request, "workflows/preflight/list.html", project_context(request, project, TAB, **page))
