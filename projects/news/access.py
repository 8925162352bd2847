"""Who may read and who may write a piece of news."""

from django.contrib.auth.models import AnonymousUser

from projects.models import Project
from projects.news.models import NewsItem
from projects.permissions import Permission, can
from vre_portal.iam.models import User


def can_write(user: User | AnonymousUser, project: Project | None) -> bool:
    """Staff write the news of the portal; those who may edit a project write its news."""
    if project is not None:
        return can(user, project, Permission.EDIT)
    return isinstance(user, User) and user.is_active and user.is_staff


def can_read(user: User | AnonymousUser, item: NewsItem) -> bool:
    """Those who see the project read what is shown at this moment; those who write see the rest, too."""
    if item.deleted_at is not None:
        return False
    if item.state == "shown" and (item.project is None or can(user, item.project, Permission.VIEW)):
        return True
    return can_write(user, item.project)
