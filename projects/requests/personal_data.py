"""What of requests a person gets in the export of their data: their own words always, of a project only what they may see now."""

from typing import Any

from django.db.models import Q, QuerySet

from projects.models import Project
from projects.requests.models import Request, RequestAct, RequestAttachment, RequestComment, RequestEvent
from projects.requests.permissions import answerable_by, readable_by
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def readable_requests(user: User, requests: QuerySet[Any]) -> QuerySet[Any]:
    """One's own without a project or of projects that one may see, and those of others that one may answer now."""
    seen = Q(project__in=Project.objects.visible_to(user).values("pk")) | Q(project=None, project_title="")
    return requests.filter((Q(by=user) & seen) | Q(pk__in=Request.objects.filter(answerable_by(user)).values("pk")))


def own_rows(user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What one wrote oneself, wherever it is."""
    return rows.filter(by=user)


def of_readable(user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What belongs to requests that one may read now."""
    return rows.filter(request__in=Request.objects.filter(readable_by(user)).values("pk"))


ALWAYS = ("id", "kind", "state", "created_at", "project_title")
# All but the project, which may have another title by now, and whoever decided.
ASKED = (
    "text", "title", "values", "subject", "asked_role", "key", "granted_role", "decided_at", "answered_at", "seen_at", "due_at", "locked",
    "needs_hand", "decision", "result",
)  # fmt: skip
data_export.register_limit(Request, readable_requests, always=ALWAYS, own={"by": ASKED})
data_export.register_limit(RequestComment, own_rows, always=("id", "created_at"))
data_export.register_limit(RequestAttachment, own_rows, always=("id", "created_at"))
data_export.register_limit(RequestEvent, of_readable, always=("id", "what", "created_at"))
data_export.register_limit(RequestAct, of_readable, always=("id", "state", "created_at"))
