"""Why a server ended that the portal did not stop, as far as it can be known: a hub does not tell."""

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from projects.notebooks.models import Session
from vre_portal.services import Service

OUTAGE_SECONDS = 3600  # how long an outage is remembered as the likely end of what is gone afterwards


def note_outage(hub: Service) -> None:
    """The hub could not be asked."""
    cache.set(_key(hub), True, OUTAGE_SECONDS)


def forget_outage(hub: Service) -> None:
    """The hub was asked about everything since."""
    cache.delete(_key(hub))


def why_gone(hub: Service, session: Session) -> str:
    """Words for the person, never empty: whether the hub was away when last asked, and since when nobody used the server."""
    if cache.get(_key(hub)):
        return f"{hub.title} restarted or was unreachable, and no longer runs it."
    minutes, unused = int(hub.options.get("idle_minutes") or 0), timezone.now() - (session.active_at or timezone.now())
    if minutes and unused >= timedelta(minutes=minutes):
        return f"{hub.title} stopped it because nobody had used it for {minutes} minutes."
    return f"{hub.title} no longer runs it: it was stopped there, {hub.title} restarted, or JupyterLab ended by itself."


def _key(hub: Service) -> str:
    return f"hub-away-{hub.name}"
