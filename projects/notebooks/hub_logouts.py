"""Ending people's logins at the hubs, on the hubs' own side: for browsers that did not pass by there to be signed out."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from projects.notebooks import jupyterhub
from projects.notebooks.models import HubLogout
from vre_portal.iam.models import User
from vre_portal.jobs import lease
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, UnknownService, service, services

PASSING_SECONDS = 10  # in which the browser that is signing out passes by the hub itself, and takes its cookies with it
REMEMBERED = timedelta(days=1)  # how long what was done can be looked up


def subject_at(hub: Service, person: User) -> str:
    """Whom the hub takes a person for, or nothing, also where its IAM is not configured: that must keep nobody from signing out."""
    try:
        iam = service(ServiceKind.IAM, hub.options.get("iam"))
    except UnknownService:
        return ""
    return next((item.subject for item in person.identities.all() if item.issuer == iam.url), "")


def ask(person: User) -> None:
    """Write down that all logins of a person are to end, at every hub that may know them."""
    for hub in services(ServiceKind.JUPYTERHUB):
        if hub.options.get("token") and (subject := subject_at(hub, person)):
            HubLogout.objects.create(hub=hub.name, user_name=subject, by=person, lease_until=lease.end(PASSING_SECONDS))


def forget() -> None:
    """Delete what was done long enough ago."""
    HubLogout.objects.filter(done_at__lt=timezone.now() - REMEMBERED).delete()


class HubLogouts(Runner[HubLogout]):
    """Logins that are to end; a hub that is away is asked until no cookie of its own can be good any more."""

    model = HubLogout

    def ready(self) -> Q:
        return Q(done_at=None)

    def work(self, logout: HubLogout) -> float:
        jupyterhub.end_logins(service(ServiceKind.JUPYTERHUB, logout.hub), logout.user_name)
        logout.done()
        return 0

    def refused(self, logout: HubLogout, error: Exception) -> float:
        logout.done(str(error))
        return 0

    def delayed(self, logout: HubLogout, words: str) -> None:
        if timezone.now() - logout.asked_at > timedelta(seconds=settings.SESSION_SECONDS):
            logout.done(f"{words} Its cookies have run out meanwhile.")
        else:
            logout.write(message=words[:300])

    def given_up(self, logout: HubLogout, words: str) -> None:
        logout.done(words)


logouts = HubLogouts()


def perform(pk: int) -> None:
    """End the logins of one row."""
    logouts.perform(pk)
