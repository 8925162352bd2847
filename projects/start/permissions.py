"""Who may begin projects: the groups of PROJECT_CREATORS, or everybody where none is named."""

from django.conf import settings

from vre_portal.iam.models import User


def may_create(user: User) -> bool:
    """Whether the person may begin a project here."""
    return user.is_active and (not settings.PROJECT_CREATORS or bool(set(settings.PROJECT_CREATORS) & set(user.groups)))
