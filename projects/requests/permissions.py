"""Who may read a request, and who may answer it."""

from django.http import Http404
from django.utils.translation import gettext

from projects.permissions import Permission, can
from projects.requests.models import ProjectRequest
from vre_portal.iam.models import User


def can_answer(user: User, request: ProjectRequest) -> bool:
    """Whether the person leads the project now; nobody answers their own request."""
    return request.project is not None and request.by_id != user.pk and can(user, request.project, Permission.PEOPLE)


def request_for(user: User, pk: int) -> ProjectRequest:
    """One's own request, or one that one may answer; raises Http404 for everybody else."""
    requests = ProjectRequest.objects.select_related("project", "by", "decided_by")
    item = requests.filter(pk=pk).first()
    if item is None or not (item.by_id == user.pk or can_answer(user, item)):
        raise Http404(gettext("Request not found."))
    return item


def shown_title(user: User, request: ProjectRequest) -> str:
    """The project's title, for those who may not see the project as they knew it when they asked."""
    project = request.project
    return project.title if project is not None and can(user, project, Permission.VIEW) else request.project_title
