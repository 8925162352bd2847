"""What workers do at the hub for sessions; every function may run twice, and looks for the server before it starts one."""

import logging
import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import authorization
from projects.notebooks import ends, found_servers, grants, jupyterhub, notices, server_limit
from projects.notebooks.hub_answers import Server
from projects.notebooks.hub_offers import writes_starter
from projects.notebooks.hub_people import known_as
from projects.notebooks.models import Session
from projects.notebooks.server_options import server_options
from projects.permissions import Permission
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam.models import Token
from vre_portal.iam.vault import SignInAgain
from vre_portal.jobs import fates, holds
from vre_portal.jobs.lease import LeaseLost
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, service
from vre_portal.text import storable

logger = logging.getLogger(__name__)
FOLLOW = 100.0  # seconds for which one worker follows a start
ENDING = 20  # how often a worker checks whether a session has ended
PATIENCE = timedelta(minutes=10)  # how long a request waits for a hub that is down
MAX_LINES = 40  # of what the hub said while a session failed to start
MAX_REMOVALS = 20  # servers removed for one start: a hub's limit may have been lowered
LOOKED_AT = (Session.State.READY, Session.State.STOPPING, Session.State.SIGN_IN)  # the last may have been started at the hub meanwhile
CAN_END = (Session.State.READY, Session.State.STOPPING)


class Starts(Runner[Session]):
    """Sessions that are requested and not running yet."""

    model = Session
    stoppable = holds.Stoppable(ServiceKind.JUPYTERHUB, "sessions", "hub")

    def ready(self) -> Q:
        return Q(state__in=(Session.State.ASKED, Session.State.STARTING))

    def begins(self) -> Q:
        return Q(state=Session.State.ASKED)  # one that starts already is followed to its end

    def work(self, session: Session) -> float:
        authorization.require_permission(session.by, session.project, Permission.NOTEBOOK)
        _start(hub_of(session), session)
        return 0

    def refused(self, session: Session, error: Exception) -> float:
        if isinstance(error, jupyterhub.SignInNeeded):
            session.needs_sign_in()
        else:
            session.failed(str(error), at_limit=isinstance(error, server_limit.LimitReached))
        return 0

    def waits_for_sign_in(self, session: Session, error: Exception) -> float:
        return self.refused(session, error)  # its person is waiting for it, and can sign in at once

    def delayed(self, session: Session, words: str) -> None:
        if timezone.now() - session.asked_at > PATIENCE:
            advice = _("The portal tried for ten minutes. Open the notebook again.")
            session.failed(f"{words.removesuffix(str(fates.RETRY_MESSAGE))}{advice}")
        else:
            session.delayed(words)

    def given_up(self, session: Session, words: str) -> None:
        session.failed(words)


class Stops(Runner[Session]):
    """Sessions that are to end; while the hub is down they stay "stopping"."""

    model = Session

    def ready(self) -> Q:
        return Q(state=Session.State.STOPPING)

    def work(self, session: Session) -> float:
        if _is_gone(hub_of(session), session):
            session.ended(_("JupyterHub stopped it."))
        return 0

    def refused(self, session: Session, error: Exception) -> float:
        session.delayed(str(error))
        return fates.LONGEST_PAUSE

    def delayed(self, session: Session, words: str) -> None:
        session.delayed(words)

    def given_up(self, session: Session, words: str) -> None:
        session.cannot_stop(words)


starts, stops = Starts(), Stops()


def start(pk: int) -> None:
    """Start a session; if that fails, its row gets the reason."""
    starts.perform(pk)


def stop(pk: int) -> None:
    """End a session at the hub."""
    stops.perform(pk)


def of_those_who_left(user: int) -> list[Session]:
    """Ask the sessions that a person may no longer have to stop, with the reason, and return them; all of them if the IAM ended the sign-in.

    People who signed out of the portal keep their notebooks: they lost no rights.
    """
    mine = list(Session.objects.alive().exclude(state=Session.State.STOPPING).filter(by=user).select_related("by", "project"))
    if not mine:
        return []
    signed_in = Token.objects.filter(user=user, service="", retired_at=None).exists()
    try:
        by = authorization.refresh_user(mine[0].by)
    except SignInAgain:
        reasons = [_("The IAM ended your sign-in.") if signed_in else ""] * len(mine)
    else:
        reasons = [grants.why_not_notebook(by, session.project) for session in mine]
    return [session for session, reason in zip(mine, reasons, strict=True) if reason and _stopped_for(session, reason)]


def _stopped_for(session: Session, reason: str) -> bool:
    """Ask for the end of a session that its person may no longer have; False where it has ended."""
    with transaction.atomic():
        stopping = session.asked_to_stop(reason)
        if stopping:
            notices.stopped_by(session, None)
    return stopping


def look(session: Session) -> None:
    """Update one session from the hub; raises RemoteError if the hub does not answer."""
    hub = hub_of(session)
    try:
        server = _state(hub, known_as(hub, session.by), session.server)
    except RemoteUnavailable:
        ends.note_outage(hub)
        raise
    reconcile(session, server)


def look_at_all(hub: Service) -> list[int]:
    """The same for every open session of one hub, with one listing; returns the keys of found servers that belong to no session."""
    try:
        listing = jupyterhub.running(hub)
    except RemoteUnavailable:
        ends.note_outage(hub)
        raise
    living = list(Session.objects.alive().filter(hub=hub.name).select_related("by").prefetch_related("by__identities"))
    known: set[tuple[str, str]] = set()
    for session in living:
        try:
            place = (known_as(hub, session.by), session.server)
            known.add(place)
            server = listing.servers.get(place)
            if server is None and listing.pages > 1 and session.state in CAN_END:
                server = _state(hub, *place)  # somebody who stopped between two pages moves another one out of both
            if session.state in LOOKED_AT and (server or listing.is_whole):
                reconcile(session, server)
        except (RemoteError, LeaseLost):
            continue  # the identity was taken away meanwhile; a worker has it in hand by now; the hub did not answer for this one
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("session %s could not be brought up to date", session.pk)
    ends.forget_outage(hub)
    return found_servers.note(hub, listing, known)


def renew(pk: int) -> None:
    """Tell the hub that a session is in use; what its person reads is when, or why not."""
    session = Session.objects.filter(pk=pk, state=Session.State.READY).select_related("by").first()
    if session is None:
        return
    now, words = timezone.now(), ""
    try:
        hub = hub_of(session)
        jupyterhub.note_activity(hub, known_as(hub, session.by), session.server, now)
    except RemoteError as error:
        words = _("Its end could not be put off: %(reason)s") % {"reason": error}
    running = Session.objects.filter(pk=pk, state=Session.State.READY)
    running.update(message=storable(words)[:300], active_at=session.active_at if words else now)


def reconcile(session: Session, server: Server | None) -> None:
    """Store the state of the server at the hub in the row."""
    if server is None and session.state in CAN_END:
        session.ended(ends.why_gone(hub_of(session), session))
    elif server and server.ready and session.state != Session.State.STOPPING:
        session.became_ready(server.path, server.started_at, server.active_at)


def _state(hub: Service, user: str, name: str) -> Server | None:
    """One server, None also if the hub no longer knows the person; raises RemoteError."""
    try:
        return jupyterhub.server_state(hub, user, name)
    except jupyterhub.SignInNeeded:
        return None


def hub_of(session: Session) -> Service:
    """The hub that the session is at."""
    return service(ServiceKind.JUPYTERHUB, session.hub)


def _start(hub: Service, session: Session) -> None:
    user = known_as(hub, session.by)
    server = jupyterhub.server_state(hub, user, session.server)
    if server and (session.anew or server.pending == "stop"):  # of an earlier session, which has to end first
        server = None if _is_gone(hub, session) else server
    if server is None:
        session.is_gone()
        session.heard(5, _("Contacting %(hub)s") % {"hub": hub.title})
        if _ask(hub, user, session) and session.did and writes_starter(hub):
            session.was_given_data()
    if server is None or not server.ready:
        _follow(hub, session)
    else:
        reconcile(session, server)


def _ask(hub: Service, user: str, session: Session) -> bool:
    """Ask for the server, and remove stopped ones if there are too many; False if it runs already, without the session's data."""
    options = server_options(session)
    for _attempt in range(MAX_REMOVALS):
        server_limit.wait_for_removal(hub, user)
        session.hold()
        holds.require_open(ServiceKind.JUPYTERHUB, hub.name, "sessions")
        try:
            return jupyterhub.start_server(hub, user, session.server, options)
        except jupyterhub.ServerLimit as reached:
            server_limit.make_room(hub, user, session, reached.limit)
    raise RemoteUnavailable(_("%(hub)s still keeps too many notebook servers for you.") % {"hub": hub.title}, service=hub)


def _is_gone(hub: Service, session: Session) -> bool:
    """Ask for the end of the server until it has come, at most for a while."""
    user = known_as(hub, session.by)
    for _attempt in range(ENDING):
        if jupyterhub.stop_server(hub, user, session.server):
            return True
        session.hold()
        time.sleep(0.5)
    return False


def _follow(hub: Service, session: Session) -> None:
    lines: list[str] = []
    for news in jupyterhub.progress(hub, known_as(hub, session.by), session.server, seconds=FOLLOW):
        session.hold()
        if news.message and news.message not in lines[-1:]:
            lines.append(news.message)
        if news.failed:
            return session.failed(news.message or _("The session did not start."), hub_log="\n".join(lines[-MAX_LINES:]))
        if news.ready:
            return session.became_ready(news.path, None)
        session.heard(news.percent, news.message)
        if session.state == Session.State.STOPPING:
            return None
    raise RemoteUnavailable(_("%(hub)s does not report whether the session has started.") % {"hub": hub.title}, service=hub)
