"""What of requests a person gets in the export of their data: their own words always, of a project only what they may see now."""

from typing import Any

from django.db.models import Q, QuerySet

from projects.models import Project
from projects.requests.models import ProjectRequest, RequestComment
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def readable_requests(user: User, requests: QuerySet[Any]) -> QuerySet[Any]:
    """One's own of projects that one may see, and those of others that one may answer now."""
    own = Q(by=user, project__in=Project.objects.visible_to(user).values("pk"))
    return requests.filter(own | Q(pk__in=ProjectRequest.objects.answerable_by(user).values("pk")))


def readable_comments(user: User, comments: QuerySet[Any]) -> QuerySet[Any]:
    """What one wrote oneself, wherever it is."""
    return comments.filter(by=user)


ALWAYS = ("id", "kind", "state", "created_at", "project_title")
# All but the project, which may have another title by now, and whoever decided.
ASKED = ("text", "asked_role", "key", "granted_role", "decided_at", "answered_at", "seen_at")
data_export.register_limit(ProjectRequest, readable_requests, always=ALWAYS, own={"by": ASKED})
data_export.register_limit(RequestComment, readable_comments, always=("id", "created_at"))
