"""Re-authorisation before a task acts in somebody's name: roles and groups may have been taken away since they asked for it."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.permissions import Permission, can
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault.group_refresh import refresh_user

__all__ = ["NotAuthorizedAnymore", "denial_reason", "refresh_user", "require_permission"]
REASONS = {
    Permission.LAUNCH: _("%(name)s may no longer run workflows in this project: the role that allowed it was removed."),
    Permission.NOTEBOOK: _("%(name)s may no longer use notebooks in this project: the role that allowed it was removed."),
    Permission.KEEP: _("%(name)s may no longer keep results in this project: the role that allowed it was removed."),
    Permission.VIEW: _("%(name)s may no longer see this project: the role that allowed it was removed."),
}


class NotAuthorizedAnymore(RemoteRefused):
    """The person may not do this here any more."""


def denial_reason(user: User, project: Project, permission: Permission) -> str:
    """Why a person, as `refresh_user` gave them, may not do this; empty where they may."""
    if not user.is_active:
        return gettext("%(name)s may no longer use this portal.") % {"name": user}
    if can(user, project, permission):
        return ""
    other = _("%(name)s may no longer do this in this project: the role that allowed it was removed.")
    return str(REASONS.get(permission, other)) % {"name": user}


def require_permission(user: User, project: Project, permission: Permission) -> User:
    """The person as they are known now; raises NotAuthorizedAnymore, with the reason for people to read, unless they may still do this."""
    now = refresh_user(user)
    if reason := denial_reason(now, project, permission):
        raise NotAuthorizedAnymore(reason, status=403)
    return now
