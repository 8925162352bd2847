"""The pages of the webhooks of a project, for its leads."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from projects.models import Project
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from projects.webhooks.owner import owner
from vre_portal.notices.webhooks.owners import Owner


@dataclass(frozen=True)
class ProjectPlace:
    """The webhooks of a project."""

    project: Project
    owner: Owner
    has_kinds: bool = True

    def render(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        frame = {"frame": "webhooks/project_frame.html", "index_url": self.url("index"), "has_kinds": True}
        return render_project_page(request, self.project, template, "settings", status=status, **{**frame, **context})

    def url(self, name: str, *args: int) -> str:
        return reverse(f"project-webhooks:{name}", args=[self.project.slug, *args])


def place_for(request: HttpRequest, slug: str) -> ProjectPlace:
    """The project, for those who manage it."""
    project = project_for(request.user, slug, Permission.MANAGE)
    return ProjectPlace(project, owner(project))
