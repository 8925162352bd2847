"""Ending people's logins at the hubs, on the hubs' own side: for browsers that did not visit the hub's sign-out."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.notebooks import jupyterhub
from projects.notebooks.hub_people import subject_at
from projects.notebooks.models import HubLogout
from vre_portal.iam.models import User
from vre_portal.jobs import lease
from vre_portal.jobs.runner import Runner
from vre_portal.services import ServiceKind, service, services

PASSING_SECONDS = 10  # in which the browser that is signing out passes by the hub itself, and takes its cookies with it
REMEMBERED = timedelta(days=1)  # how long what was done can be looked up


def ask(person: User) -> None:
    """Store that all logins of a person are to end, at every hub that may know them."""
    for hub in services(ServiceKind.JUPYTERHUB):
        if hub.options.get("token") and (subject := subject_at(hub, person)):
            HubLogout.objects.create(hub=hub.name, user_name=subject, by=person, lease_until=lease.end(PASSING_SECONDS))


def forget() -> None:
    """Delete rows that were done more than a day ago."""
    HubLogout.objects.filter(done_at__lt=timezone.now() - REMEMBERED).delete()


class HubLogouts(Runner[HubLogout]):
    """Logins that are to end; a hub that is down is asked again until its cookies must have expired."""

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
            end = _("Its cookies have expired in the meantime.")
            logout.done(f"{words} {end}")
        else:
            logout.write(message=words[:300])

    def given_up(self, logout: HubLogout, words: str) -> None:
        logout.done(words)


logouts = HubLogouts()


def perform(pk: int) -> None:
    """End the logins of one row."""
    logouts.perform(pk)
