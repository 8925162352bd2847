"""Whether somebody may still do what a worker is about to do in their name: asked when it is done, not when it was wished."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from projects.models import Project
from projects.permissions import Permission, can
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam import vault
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 20  # between two attempts for one person: an IAM that is down must not hold up every task
WORDS = {
    Permission.LAUNCH: "run workflows",
    Permission.NOTEBOOK: "use notebooks",
    Permission.KEEP: "keep results",
    Permission.VIEW: "see what is",
}


class NoLonger(RemoteRefused):
    """The person may not do this here any more."""


def present(user: User) -> User:
    """The person as the portal, and the IAM within GROUPS_SECONDS, know them now; raises SignInAgain where the IAM has ended the sign-in.

    Talks to the IAM when what is known is old, so it must not be called inside a transaction.
    """
    now = User.objects.get(pk=user.pk)
    seen = now.groups_seen_at
    if not now.is_active or seen is None or timezone.now() - seen < timedelta(seconds=settings.GROUPS_SECONDS):
        return now
    if not cache.add(f"groups-asked-{now.pk}", True, PAUSE_SECONDS):
        return now
    try:
        vault.look_again(now)
    except vault.SignInAgain:
        raise
    except RemoteError as error:
        logger.warning("the groups of user %s are not known newly: %s", now.pk, error)
    else:
        cache.delete(f"groups-asked-{now.pk}")
    return now


def why_not(user: User, project: Project, permission: Permission) -> str:
    """Why a person, as `present` gave them, may not do this; empty where they may."""
    if not user.is_active:
        return f"{user} may no longer use this portal."
    if can(user, project, permission):
        return ""
    return f"{user} may no longer {WORDS.get(permission, permission)} in this project: the role that allowed it was taken away."


def require(user: User, project: Project, permission: Permission) -> None:
    """Raise NoLonger, with the reason for people to read, unless the person may still do this."""
    if reason := why_not(present(user), project, permission):
        raise NoLonger(reason, status=403)
