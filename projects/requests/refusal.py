"""The answer to somebody who may not do this: of a project that they may see, with the way back to it and to joining it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import permission_denied

from projects.models import Project
from projects.permissions import NotAllowed, role_of
from projects.requests import services
from projects.requests.models import Request
from vre_portal.iam.models import User


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The usual page, with links where the exception names a project."""
    if not isinstance(exception, NotAllowed):
        return permission_denied(request, exception)
    links = {"links": "requests/refusal_links.html", "project": exception.project, **_joining(request, exception.project)}
    context = {"exception": str(exception), **links}
    return render(request, "403.html", context, status=403)


def _joining(request: HttpRequest, project: Project) -> dict[str, Any]:
    """The person's open request, or whether they can make one; nothing for those who belong to the project."""
    user = request.user
    if not isinstance(user, User) or role_of(user, project) is not None:
        return {}
    item = services.existing_join_request(user, project)
    return {"join_request": item, "can_ask": item is None and not services.closed_words(Request(project=project))}
