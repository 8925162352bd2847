"""How to cite a project: on a page or in the panel of each of its pages, and as a file in each style."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.citation import leads_of, reference
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from vre_portal.citation_formats import citation_response, written
from vre_portal.pages import public_page


@require_safe
@login_not_required
@public_page("projects", "people")
def cite(request: HttpRequest, slug: str) -> HttpResponse:
    """All styles; for htmx the panel alone."""
    project = project_for(request.user, slug, Permission.VIEW)
    template = "projects/cite_panel.html" if request.headers.get("HX-Request") == "true" else "projects/cite.html"
    citations = written(reference(project, leads_of(project)))
    return render(request, template, project_context(request, project, "cite", citations=citations))


@require_safe
@login_not_required
def cite_file(request: HttpRequest, slug: str, style: str) -> HttpResponse:
    """One style, as a file."""
    project = project_for(request.user, slug, Permission.VIEW)
    return citation_response(reference(project, leads_of(project)), style)
