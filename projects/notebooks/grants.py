"""Whether a person may have a server at a hub: asked by the hub before each start, and by the portal for servers that it did not start."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.environments.profiles import Profile, has_profiles, profiles_of
from projects import authorization
from projects.models import Project
from projects.notebooks.hub_people import person_at
from projects.notebooks.models import Session
from projects.notebooks.server_names import slugs_of
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
    try:
        by = authorization.refresh_user(by)
    except SignInAgain:
        project = project_of(hub, by, server)
        return Decision(by, project, _with_address(_("Your groups can't be checked while you are signed out."), by, project))
    project = project_of(hub, by, server)
    return Decision(by, project, _denial(by, project, server))


def project_of(hub: Service, by: User, server: str) -> Project | None:
    """The project to which a server of a person belongs: as their last session says, else by its name; None where there is none.

    Of two that the name may mean, the one that they may see.
    """
    if not server:
        return None
    session = Session.objects.filter(by=by, hub=hub.name, server=server).select_related("project").first()
    if session:
        return session.project
    found = {project.slug: project for project in Project.objects.filter(slug__in=slugs_of(server))}
    named = [found[slug] for slug in slugs_of(server) if slug in found]
    return next((project for project in named if can(by, project, Permission.VIEW)), named[0] if named else None)


def start_denial(hub: Service, user_name: str, server: str) -> str:
    """Why the hub may not start this server now; empty if it may."""
    decision = decide(hub, user_name, server)
    if decision.reason:
        return decision.reason
    if settings.POLICIES_REQUIRED and decision.by and outstanding(decision.by):
        return _with_address(
            _("The portal's policies have changed. Sign in to the portal and accept them first."), decision.by, decision.project
        )
    return ""


class NotListed(Exception):
    """The environment cannot be started at the hub; the message says what to do."""


def environment_for(hub: Service, name: str) -> Profile | None:
    """The environment of that name, the first one of the hub without a name; None where the hub chooses its image itself.

    Whatever is posted to the hub, it starts no other: raises NotListed.
    """
    profiles = profiles_of(hub)
    if not name and profiles:
        return profiles[0]
    if not name and not has_profiles(hub):
        return None
    found = next((profile for profile in profiles if profile.slug == name), None)
    if found is None:
        facts = {"name": name, "hub": hub.title, "address": settings.PORTAL_URL + reverse("environments:index")}
        if not profiles:
            raise NotListed(_("No environment can be started at %(hub)s now. See %(address)s") % facts)
        raise NotListed(_("The environment “%(name)s” can't be started at %(hub)s. Choose another one: %(address)s") % facts)
    return found


def _denial(by: User, project: Project | None, server: str) -> str:
    if not server:
        return _with_address(_("Each notebook belongs to a project."))
    if project is None or not can(by, project, Permission.VIEW):
        return _with_address(_("You have no project with this name in which you can use notebooks."))
    return why_not_notebook(by, project)


def why_not_notebook(by: User, project: Project) -> str:
    """Why a person, as returned by `authorization.refresh_user`, may not use notebooks here; shown to them only; empty if they may."""
    reason = authorization.denial_reason(by, project, Permission.NOTEBOOK)
    return f"{reason} {union.not_counted(by)}".rstrip() if reason else ""


def _with_address(reason: str, by: User | None = None, project: Project | None = None) -> str:
    """The reason, and a sentence with the address at which a notebook is opened: of the project, if the person may see it."""
    seen = project if by and project and can(by, project, Permission.VIEW) else None
    page = reverse("notebooks:index", args=[seen.slug]) if seen else reverse("projects:index")
    advice = _("Open notebooks from your project's page in the portal: %(address)s")
    return f"{reason} {advice % {'address': settings.PORTAL_URL + page}}"
