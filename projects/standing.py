"""Whether somebody may still do what a worker is about to do in their name: asked when it is done, not when it was wished."""

from projects.models import Project
from projects.permissions import Permission, can
from vre_portal.http import RemoteRefused
from vre_portal.iam.freshness import present
from vre_portal.iam.models import User

__all__ = ["NoLonger", "present", "require", "why_not"]
WORDS = {
    Permission.LAUNCH: "run workflows",
    Permission.NOTEBOOK: "use notebooks",
    Permission.KEEP: "keep results",
    Permission.VIEW: "see what is",
}


class NoLonger(RemoteRefused):
    """The person may not do this here any more."""


def why_not(user: User, project: Project, permission: Permission) -> str:
    """Why a person, as `present` gave them, may not do this; empty where they may."""
    if not user.is_active:
        return f"{user} may no longer use this portal."
    if can(user, project, permission):
        return ""
    return f"{user} may no longer {WORDS.get(permission, permission)} in this project: the role that allowed it was taken away."


def require(user: User, project: Project, permission: Permission) -> User:
    """The person as they are known now; raises NoLonger, with the reason for people to read, unless they may still do this."""
    now = present(user)
    if reason := why_not(now, project, permission):
        raise NoLonger(reason, status=403)
    return now
