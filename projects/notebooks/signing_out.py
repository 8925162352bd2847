"""Signing out of the portal: the login at the hub ends, too, and people choose whether notebooks keep running."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.notebooks import hub_logouts, jupyterhub, services
from projects.notebooks.hub_people import subject_at
from projects.notebooks.models import Session
from vre_portal.iam.models import User
from vre_portal.iam.sessions import sign_out
from vre_portal.iam.sessions.session_end import last_session_ended
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.services import services as configured


class Hubs:
    """The hubs, as a site that is signed out with the portal."""

    def servers(self, user: User) -> list[sign_out.OpenServer]:
        """The person's running notebooks, and how long they keep running."""
        running = Session.objects.alive().exclude(state=Session.State.STOPPING).filter(by=user).select_related("project")
        return [
            sign_out.OpenServer(_("Notebook of %(project)s") % {"project": item.project.title}, item.get_absolute_url(), stays(item))
            for item in running
        ]

    def stop(self, user: User) -> None:
        """Ask for the end of all of them."""
        for session in Session.objects.alive().filter(by=user).select_related("project", "by"):
            services.stop_session(session=session, why=_("You stopped it when you signed out."))

    def leave(self, user: User) -> list[sign_out.Departure]:
        """By the hub's own sign-out where it answers; else its logins end as soon as it is back."""
        known = [hub for hub in configured(ServiceKind.JUPYTERHUB) if subject_at(hub, user)]
        there = {hub.name: jupyterhub.answers(hub) for hub in known}
        if not all(there.values()):
            hub_logouts.ask(user)
        used = Session.objects.filter(by=user).exists()
        return [
            sign_out.Departure(jupyterhub.sign_out_url(hub)) if there[hub.name] else sign_out.Departure(words=words(hub) if used else "")
            for hub in known
        ]


def stays(session: Session) -> str:
    """How long a notebook runs without its person, in a sentence."""
    try:
        minutes = service(ServiceKind.JUPYTERHUB, session.hub).options.get("idle_minutes")
    except UnknownService:
        minutes = None
    if minutes:
        words = ngettext(
            "It stops by itself after %(minutes)s minute without use.",
            "It stops by itself after %(minutes)s minutes without use.",
            int(minutes),
        )
        return words % {"minutes": f"{minutes:g}"}
    return _("It keeps running until you stop it.")


def words(hub: Service) -> str:
    """The message if this browser could not be signed out there."""
    words = _("%(hub)s is not responding. Open notebooks in this browser are signed out as soon as it responds again. Close their tabs.")
    return words % {"hub": hub.title}


@receiver(last_session_ended)
def end_logins(user: User, **kwargs: Any) -> None:
    """With the last session at the portal, end the person's logins at the hubs."""
    hub_logouts.ask(user)


sign_out.add_site(Hubs())
