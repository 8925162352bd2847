"""A notebook session that lives is a reason to wait with erasing somebody: its server would go on."""

from projects.notebooks.models import Session
from vre_portal.iam import personal
from vre_portal.iam.models import User


def still_open(user: User) -> list[str]:
    """Sessions that have not ended."""
    found = Session.objects.filter(by=user).alive().select_related("project")
    return [f"Your notebook session for {item.project.title} is open: end it first." for item in found]


personal.hinder(still_open)
