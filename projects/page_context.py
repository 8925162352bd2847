"""What every page of a project knows: the project, which tab it belongs to, and what the reader is and may do there."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from projects.models import Project
from projects.permissions import Permission, can_create_projects, permissions, role_of


def project_context(request: HttpRequest, project: Project, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a project's page or fragment, with `more` of its own. Raises TypeError where `more` has a name that stands here.

    The frame of the page reads these names, too: a page that gave `can_edit` another meaning would change the tabs.
    """
    may = permissions(request.user, project)
    return dict(
        project=project,
        tab=tab,
        role=role_of(request.user, project),
        can_edit=Permission.EDIT in may,
        can_manage=Permission.MANAGE in may,
        can_launch=Permission.LAUNCH in may,
        launch_state=launch_state(may, project),
        can_create=can_create_projects(request.user),
        can_open=Permission.NOTEBOOK in may,
        **more,
    )


def launch_state(may: frozenset[Permission], project: Project) -> str:
    """What the buttons offer: "" to those who may launch nothing, "ready", else "missing" to those who are told how to get a workflow."""
    if Permission.LAUNCH not in may:
        return ""
    return "ready" if project.has_workflow else "missing" if Permission.EDIT in may else "none"


def render_project_page(request: HttpRequest, project: Project, template: str, tab: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page that a template of a project makes of it."""
    return render(request, template, project_context(request, project, tab, **more), status=status)
