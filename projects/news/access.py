"""Who may read and who may write a piece of news."""

from django.contrib.auth.models import AnonymousUser

from projects.models import Project
from projects.news.models import NewsItem
from projects.permissions import Permission, can
from vre_portal.iam.models import User


def can_write(user: User | AnonymousUser, project: Project | None) -> bool:
    """Staff write the news of the portal; whoever may edit a project writes its news."""
    if project is not None:
        return can(user, project, Permission.EDIT)
    return isinstance(user, User) and user.is_active and user.is_staff


def can_read(user: User | AnonymousUser, item: NewsItem) -> bool:
    """Whoever sees the project reads what is shown at this moment; who writes sees the rest, too."""
    if item.deleted_at is not None:
        return False
    if item.state == "shown" and (item.project is None or can(user, item.project, Permission.VIEW)):
        return True
    return can_write(user, item.project)
