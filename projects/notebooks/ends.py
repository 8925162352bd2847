"""Why a server ended that the portal did not stop: the likely reason, because a hub does not report it."""

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.notebooks.models import Session
from vre_portal.services import Service

OUTAGE_SECONDS = 3600  # how long an outage counts as the likely reason for servers that are gone afterwards


def note_outage(hub: Service) -> None:
    """Remember that the hub did not answer."""
    cache.set(_key(hub), True, OUTAGE_SECONDS)


def forget_outage(hub: Service) -> None:
    """Forget the outage: all sessions at the hub have been checked since."""
    cache.delete(_key(hub))


def why_gone(hub: Service, session: Session) -> str:
    """The reason for the person to read, never empty: from the last outage of the hub, and the time since the server was used."""
    if cache.get(_key(hub)):
        return _("%(hub)s restarted or was unreachable, and no longer runs this session.") % {"hub": hub.title}
    minutes, unused = int(hub.options.get("idle_minutes") or 0), timezone.now() - (session.active_at or timezone.now())
    if minutes and unused >= timedelta(minutes=minutes):
        words = ngettext(
            "%(hub)s stopped it after %(minutes)s minute without use.", "%(hub)s stopped it after %(minutes)s minutes without use.", minutes
        )
        return words % {"hub": hub.title, "minutes": minutes}
    words = _("%(hub)s no longer runs this session: it was stopped there, %(hub)s restarted, or JupyterLab exited.")
    return words % {"hub": hub.title}


def _key(hub: Service) -> str:
    return f"hub-away-{hub.name}"
