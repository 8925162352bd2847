"""Who may read and who may write a piece of news."""

from django.contrib.auth.models import AnonymousUser

from projects.models import Membership, Project
from projects.news.models import NewsItem
from projects.permissions import ROLES, Permission, can
from vre_portal.iam.models import User


def can_write(user: User | AnonymousUser, project: Project | None) -> bool:
    """Staff write the news of the portal; those who may edit a project write its news."""
    if project is not None:
        return can(user, project, Permission.EDIT)
    return isinstance(user, User) and user.is_active and user.is_staff


def writable_projects(user: User | AnonymousUser, most: int) -> list[Project]:
    """The projects whose news somebody may write, by title; an archived one is read only."""
    if not isinstance(user, User) or not user.is_active:
        return []
    roles = [role for role, granted in ROLES.items() if Permission.EDIT in granted]
    theirs = Membership.objects.of(user).filter(role__in=roles).values("project")
    return list(
        Project.objects.filter(pk__in=theirs, archived_at=None, deleted_at=None).only("slug", "title").order_by("title", "pk")[:most]
    )


def can_read(user: User | AnonymousUser, item: NewsItem) -> bool:
    """Those whose lists have it; those who write here see what is not shown now, too."""
    if NewsItem.objects.visible_to(user).filter(pk=item.pk).exists():
        return True
    return item.deleted_at is None and can_write(user, item.project)
