"""An account cannot be deleted while a notebook session is open: its server would keep running."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from projects.models import Project
from projects.notebooks.models import Session
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def still_open(user: User) -> list[str]:
    """One sentence for each session that has not ended."""
    sessions = Session.objects.filter(by=user).alive().select_related("project")
    return [_("Your notebook session in %(project)s is open. Stop it first.") % {"project": item.project.title} for item in sessions]


def of_visible_projects(user: User, sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those of projects that the person may see now: a project can be renamed after they left it."""
    return sessions.filter(project__in=Project.objects.visible_to(user))


data_export.register_erasure_check(still_open)
data_export.register_limit(
    Session, of_visible_projects, always=tuple(field.name for field in Session._meta.concrete_fields if field.name != "project")
)
