"""Whether a person may have a server at a hub: asked by the hub before each start, and by the portal for servers that it did not start."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from projects import authorization
from projects.models import Project
from projects.notebooks.hub_people import person_at
from projects.permissions import Permission, can
from vre_portal.iam.groups import union
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies.services import outstanding
from vre_portal.services import Service


@dataclass(frozen=True)
class Decision:
    """The person and the project of a server, if known, and why it may not run; the reason is empty if it may."""

    by: User | None
    project: Project | None
    reason: str = ""


def decide(hub: Service, user_name: str, server: str) -> Decision:
    """Whether this person of the hub may have this server, by their groups as they are now.

    Closed by default: unknown people and projects are refused, with the same text for a project that does not exist and one that the
    person may not see. May ask the IAM, so it must not be called inside a transaction.
    """
    by = person_at(hub, user_name)
    if by is None or not by.is_active:
        return Decision(
            by, None, _("The portal has no active account for you. Sign in first: %(address)s") % {"address": f"{settings.PORTAL_URL}/"}
        )
    project = Project.objects.filter(slug=server).first() if server else None
    try:
        by = authorization.refresh_user(by)
    except SignInAgain:
        return Decision(by, project, _with_address(_("Your groups can't be checked while you are signed out."), server))
    return Decision(by, project, _denial(by, project, server))


def start_denial(hub: Service, user_name: str, server: str) -> str:
    """Why the hub may not start this server now; empty if it may."""
    decision = decide(hub, user_name, server)
    if decision.reason:
        return decision.reason
    if settings.POLICIES_REQUIRED and decision.by and outstanding(decision.by):
        return _with_address(_("The portal's policies have changed. Sign in to the portal and accept them first."), server)
    return ""


def _denial(by: User, project: Project | None, server: str) -> str:
    if not server:
        return _with_address(_("Each notebook belongs to a project."), server)
    if project is None or not can(by, project, Permission.VIEW):
        return _with_address(_("You have no project with this name in which you can use notebooks."))
    return why_not_notebook(by, project)


def why_not_notebook(by: User, project: Project) -> str:
    """Why a person, as returned by `authorization.refresh_user`, may not use notebooks here; shown to them only; empty if they may."""
    reason = authorization.denial_reason(by, project, Permission.NOTEBOOK)
    return f"{reason} {union.not_counted(by)}".rstrip() if reason else ""


def _with_address(reason: str, server: str = "") -> str:
    """The reason, and a sentence with the address at which a notebook is opened."""
    page = f"{settings.PORTAL_URL}/projects/{server}/notebooks/" if server else f"{settings.PORTAL_URL}/projects/"
    advice = _("Open notebooks from your project's page in the portal: %(address)s")
    return f"{reason} {advice % {'address': page}}"
