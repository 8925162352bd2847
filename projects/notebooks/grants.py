"""Whether somebody may have a server at a hub: asked by the hub before each start, and by the portal of servers that it did not start."""

from dataclasses import dataclass

from django.conf import settings

from projects import standing
from projects.models import Project
from projects.notebooks.hub_people import person_at
from projects.permissions import Permission, can
from vre_portal.iam import union
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.policies.services import outstanding
from vre_portal.services import Service


@dataclass(frozen=True)
class Decision:
    """Who and what a server is for, as far as the portal knows them, and why it may not run; no reason where it may."""

    by: User | None
    project: Project | None
    reason: str = ""


def decide(hub: Service, user_name: str, server: str) -> Decision:
    """Whether this person of the hub may have this server, by their groups as they are now.

    Closed by default: whoever and whatever the portal does not know is refused, and the words are the same for a project that does not
    exist and one that the person may not see. May ask the IAM, so it must not be called inside a transaction.
    """
    by = person_at(hub, user_name)
    if by is None or not by.is_active:
        return Decision(by, None, f"The portal has no active account for you. Sign in at {settings.PORTAL_URL}/ first.")
    project = Project.objects.filter(slug=server).first() if server else None
    try:
        by = standing.present(by)
    except SignInAgain:
        return Decision(by, project, f"Your groups can't be checked while you are signed out. {_elsewhere(server)}")
    return Decision(by, project, _denial(by, project, server))


def start_denial(hub: Service, user_name: str, server: str) -> str:
    """Why the hub may not start this server now; empty where it may."""
    decision = decide(hub, user_name, server)
    if decision.reason:
        return decision.reason
    if settings.POLICIES_REQUIRED and decision.by and outstanding(decision.by):
        return f"The portal's policies have changed and wait for your consent. {_elsewhere(server)}"
    return ""


def _denial(by: User, project: Project | None, server: str) -> str:
    if not server:
        return f"Notebooks here belong to a project. {_elsewhere(server)}"
    if project is None or not can(by, project, Permission.VIEW):
        return f"You have no project of this name in which you may use notebooks. {_elsewhere('')}"
    return why_not_notebook(by, project)


def why_not_notebook(by: User, project: Project) -> str:
    """Why a person, as `standing.present` gave them, may not use notebooks here, told to nobody but them; empty where they may."""
    reason = standing.why_not(by, project, Permission.NOTEBOOK)
    return f"{reason} {union.not_counted(by)}".rstrip() if reason else ""


def _elsewhere(server: str) -> str:
    """Where a notebook is opened."""
    page = f"{settings.PORTAL_URL}/projects/{server}/notebooks/" if server else f"{settings.PORTAL_URL}/projects/"
    return f"Open notebooks from your project's page in the portal: {page}"
