"""What signing out of the portal means for notebooks: the hub's login ends, too, and running ones are asked about."""

from typing import Any

from django.dispatch import receiver

from projects.notebooks import hub_logouts, jupyterhub, services
from projects.notebooks.hub_people import subject_at
from projects.notebooks.models import Session
from vre_portal.iam import sign_out
from vre_portal.iam.models import User
from vre_portal.iam.session_end import last_session_ended
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.services import services as configured

STOPPED = "You stopped it when you signed out."


class Hubs:
    """The hubs, as a site beside the portal."""

    def servers(self, user: User) -> list[sign_out.Server]:
        """The person's notebooks that run, and how long they go on."""
        found = Session.objects.alive().exclude(state=Session.State.STOPPING).filter(by=user).select_related("project")
        return [sign_out.Server(f"Notebook of {item.project.title}", item.get_absolute_url(), stays(item)) for item in found]

    def stop(self, user: User) -> None:
        """Ask for the end of all of them."""
        for session in Session.objects.alive().filter(by=user).select_related("project", "by"):
            services.stop_session(session=session, why=STOPPED)

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
        return f"It keeps running until nobody has used it for {minutes:g} minutes."
    return "It keeps running until you stop it."


def words(hub: Service) -> str:
    """What a browser is told that could not be signed out there."""
    return f"{hub.title} does not answer: an open notebook in this browser is signed out as soon as it does. Close its tabs."


@receiver(last_session_ended)
def end_logins(user: User, **_: Any) -> None:
    """Nobody is signed in at the portal as this person, so nobody is at the hubs."""
    hub_logouts.ask(user)


sign_out.add_site(Hubs())
