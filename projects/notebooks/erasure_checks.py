"""An account cannot be deleted while a notebook session is open: its server would keep running."""

from django.utils.translation import gettext as _

from projects.notebooks.models import Session
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def still_open(user: User) -> list[str]:
    """One sentence for each session that has not ended."""
    sessions = Session.objects.filter(by=user).alive().select_related("project")
    return [_("Your notebook session in %(project)s is open. Stop it first.") % {"project": item.project.title} for item in sessions]


data_export.register_erasure_check(still_open)
