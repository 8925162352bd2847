"""Who may change and test an environment: its owner, and administrators."""

from django.contrib.auth.models import AnonymousUser

from catalog.environments.models import Environment
from vre_portal.iam.models import User


def can_add(user: User | AnonymousUser) -> bool:
    """Administrators add environments, and say whose they are."""
    return isinstance(user, User) and user.is_active and user.is_staff


def owns(user: User | AnonymousUser, environment: Environment) -> bool:
    """Whether it is the person's own."""
    return isinstance(user, User) and user.is_active and environment.owner_id == user.pk


def can_edit(user: User | AnonymousUser, environment: Environment) -> bool:
    """Whether the person may make a new version of it, and have it tested."""
    return can_add(user) or owns(user, environment)
