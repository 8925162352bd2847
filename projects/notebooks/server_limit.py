"""Room for one more server: a hub counts stopped named servers, so the one that was used least recently is removed when they are too many."""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.notebooks import jupyterhub
from projects.notebooks.hub_answers import Server
from projects.notebooks.models import Session
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

logger = logging.getLogger(__name__)
REMOVAL_SECONDS = 60  # after this time a removal whose worker died no longer blocks others
WAIT_SECONDS = 10.0  # that a start waits for a removal of the same person's
MAX_ATTEMPTS = 3  # servers that are tried in turn where the hub does not remove one
NEVER = datetime.min.replace(tzinfo=UTC)


class LimitReached(RemoteRefused):
    """As many servers run as the hub allows; the text names them."""


def make_room(hub: Service, user: str, session: Session, limit: int) -> None:
    """Remove one stopped server of the person; raises LimitReached where all of them run, RemoteError where none could be removed.

    A hub before JupyterHub 3 lists only those that run: then fewer than `limit` are known, and the person has to delete one there.

    A server that somebody starts meanwhile is left alone: its session is a row before the start is asked for, a start at the hub's own page
    shows in the listing, and both wait while `is_removing` is true.
    """
    with _removing(hub, user):
        servers = jupyterhub.named_servers(hub, user)
        wanted = set(Session.objects.alive().filter(by=session.by_id, hub=hub.name).values_list("server", flat=True))
        stopped = [server for server in servers if server.is_stopped and server.name not in wanted]
        if not stopped and len(servers) >= limit:
            raise _reached(hub, servers, limit)
        if not stopped or not hub.options.get("files_outlast_servers"):
            raise _not_removable(hub, max(limit, len(servers)))
        _remove_one(hub, user, sorted(stopped, key=lambda server: server.active_at or NEVER), session)


def wait_for_removal(hub: Service, user: str) -> None:
    """Return when no server of the person is being removed; raises RemoteUnavailable where that takes too long."""
    end = time.monotonic() + WAIT_SECONDS
    while is_removing(hub, user):
        if time.monotonic() > end:
            raise RemoteUnavailable(_("Another of your notebooks is starting."), service=hub)
        time.sleep(0.2)


def is_removing(hub: Service, user: str) -> bool:
    """Whether a worker is removing a server of the person just now."""
    return cache.get(_key(hub, user)) is not None


@contextmanager
def _removing(hub: Service, user: str) -> Iterator[None]:
    """One removal for a person at a time."""
    if not cache.add(_key(hub, user), True, REMOVAL_SECONDS):
        raise RemoteUnavailable(_("Another of your notebooks is starting."), service=hub)
    try:
        yield
    finally:
        cache.delete(_key(hub, user))


def _remove_one(hub: Service, user: str, stopped: list[Server], session: Session) -> None:
    """The first that the hub removes; one that it does not remove costs only itself."""
    trouble: RemoteError | None = None
    for server in stopped[:MAX_ATTEMPTS]:
        session.hold()
        try:
            if jupyterhub.remove_server(hub, user, server.name):
                logger.info("removed the stopped server %r of session %s's person at %s", server.name, session.pk, hub.name)
                return
        except RemoteError as error:
            logger.warning("%s did not remove the stopped server %r: %s", hub.name, server.name, error)
            trouble = error
    raise trouble or RemoteUnavailable(_("%(hub)s is still removing a stopped server.") % {"hub": hub.title}, service=hub)


def _reached(hub: Service, servers: list[Server], limit: int) -> LimitReached:
    names = ", ".join(sorted(server.name for server in servers if not server.is_stopped))
    words = ngettext(
        "You can run at most %(limit)s notebook at %(hub)s. Stop this one first: %(names)s.",
        "You can run at most %(limit)s notebooks at %(hub)s. Stop one of these first: %(names)s.",
        limit,
    )
    return LimitReached(words % {"hub": hub.title, "limit": limit, "names": names}, service=hub)


def _not_removable(hub: Service, count: int) -> RemoteRefused:
    words = ngettext(
        "%(hub)s keeps %(count)s notebook server for you, the maximum. Delete it on the home page of %(hub)s (%(address)s) if it is "
        "stopped, then open the notebook again.",
        "%(hub)s keeps %(count)s notebook servers for you, the maximum. Delete a stopped one on the home page of %(hub)s (%(address)s), "
        "then open the notebook again.",
        count,
    )
    return RemoteRefused(words % {"hub": hub.title, "count": count, "address": f"{hub.url}/hub/home"}, service=hub)


def _key(hub: Service, user: str) -> str:
    return f"notebook-removal-{hub.name}-{hashlib.sha256(user.encode()).hexdigest()[:32]}"
