"""What is done at the hub for a session; every function may run twice, and looks for our own server before it makes one."""

import logging
import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from projects import standing
from projects.models import Resource
from projects.notebooks import choosing, ends, found_servers, grants, jupyterhub, server_limit
from projects.notebooks.hub_people import known_as
from projects.notebooks.models import Session
from projects.permissions import Permission
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import Token
from vre_portal.iam.vault import SignInAgain
from vre_portal.jobs import fates
from vre_portal.jobs.lease import LeaseLost
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)
FOLLOW = 100.0  # seconds that one worker follows a start
ENDING = 20  # times that a worker looks whether a session has ended
PATIENCE = timedelta(minutes=10)  # how long a wish waits for a hub that is down
MOST_DIDS = 100
MAX_REMOVALS = 20  # servers removed for one start: a hub's limit may have been lowered
LOOKED_AT = (Session.State.READY, Session.State.STOPPING, Session.State.SIGN_IN)  # the last may have been started at the hub meanwhile
CAN_END = (Session.State.READY, Session.State.STOPPING)
UNKNOWN_END = "JupyterHub stopped it."
SIGN_IN_ENDED = "The identity service ended your sign-in."


class Starts(Runner[Session]):
    """Sessions that somebody wants and that do not run yet."""

    model = Session

    def ready(self) -> Q:
        return Q(state__in=(Session.State.ASKED, Session.State.STARTING))

    def work(self, session: Session) -> float:
        standing.require(session.by, session.project, Permission.NOTEBOOK)
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
            session.failed(f"{words.removesuffix(fates.RETRY_MESSAGE)}It was tried for ten minutes; open the notebook again.")
        else:
            session.delayed(words)

    def given_up(self, session: Session, words: str) -> None:
        session.failed(words)


class Stops(Runner[Session]):
    """Sessions that shall end; while the hub is away they stay "stopping"."""

    model = Session

    def ready(self) -> Q:
        return Q(state=Session.State.STOPPING)

    def work(self, session: Session) -> float:
        if _is_gone(hub_of(session), session):
            session.ended(UNKNOWN_END)
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
    """Bring a session to life, or say why not."""
    starts.perform(pk)


def stop(pk: int) -> None:
    """End a session at the hub."""
    stops.perform(pk)


def of_those_who_left(user: int) -> list[Session]:
    """The sessions that a person may have no longer, now asked to stop with the reason: all of them where the IAM ends the sign-in just now.

    Whoever signed out of the portal keeps their notebooks: nothing has been taken from them.
    """
    mine = list(Session.objects.alive().exclude(state=Session.State.STOPPING).filter(by=user).select_related("by", "project"))
    if not mine:
        return []
    signed_in = Token.objects.filter(user=user, service="", retired_at=None).exists()
    try:
        by = standing.present(mine[0].by)
    except SignInAgain:
        reasons = [SIGN_IN_ENDED if signed_in else ""] * len(mine)
    else:
        reasons = [grants.why_not_notebook(by, session.project) for session in mine]
    return [session for session, reason in zip(mine, reasons, strict=True) if reason and session.asked_to_stop(reason)]


def look(session: Session) -> None:
    """Bring what we know of one session up to date; raises RemoteError where the hub cannot be asked."""
    hub = hub_of(session)
    try:
        server = _state(hub, known_as(hub, session.by), session.server)
    except RemoteUnavailable:
        ends.note_outage(hub)
        raise
    reconcile(session, server)


def look_at_all(hub: Service) -> list[int]:
    """The same for every open session of one hub, with one listing; the keys of servers in it that no session is for."""
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


def reconcile(session: Session, server: jupyterhub.Server | None) -> None:
    """Make the row say what the hub says."""
    if server is None and session.state in CAN_END:
        session.ended(ends.why_gone(hub_of(session), session))
    elif server and server.ready and session.state != Session.State.STOPPING:
        session.became_ready(server.path, server.started_at, server.active_at)


def _state(hub: Service, user: str, name: str) -> jupyterhub.Server | None:
    """One server, None also where the hub forgot the person; raises RemoteError."""
    try:
        return jupyterhub.server_state(hub, user, name)
    except jupyterhub.SignInNeeded:
        return None


def hub_of(session: Session) -> Service:
    """The hub that the session is at."""
    return service(ServiceKind.JUPYTERHUB, session.hub)


def options(session: Session) -> dict[str, object]:
    """What the hub writes the starter notebook from: of the project's data those that its person may see by the groups of this moment."""
    data = session.project.resources.filter(kind=Resource.Kind.DID).visible_to(standing.present(session.by))
    identifiers = data.values_list("identifier", flat=True)
    found: dict[str, object] = {
        "project": session.server,
        "title": " ".join(session.project.title.split()),
        "dids": list(identifiers[:MOST_DIDS]),
    }
    if more := max(0, identifiers.count() - MOST_DIDS):
        found["more"] = more
    return found | {"chosen": chosen(session)} if session.did else found


def chosen(session: Session) -> dict[str, str]:
    """The data that it shall begin with, if the lake says that the person may have them; raises RemoteError."""
    known = choosing.read(session.lake, session.did)
    if known is None:
        raise RemoteRefused(f"{session.did} is in no lake of this portal any more.")
    return {"did": session.did, "type": known.had_by(session.by).type}


def _start(hub: Service, session: Session) -> None:
    user = known_as(hub, session.by)
    server = jupyterhub.server_state(hub, user, session.server)
    if server and (session.anew or server.pending == "stop"):  # of an earlier session, which has to end first
        server = None if _is_gone(hub, session) else server
    if server is None:
        session.is_gone()
        session.heard(5, f"Asking {hub.title}")
        if _ask(hub, user, session) and session.did:
            session.was_given_data()
    if server is None or not server.ready:
        _follow(hub, session)
    else:
        reconcile(session, server)


def _ask(hub: Service, user: str, session: Session) -> bool:
    """Ask for the server, and make room for it where there is none; False where it runs already, without the session's data."""
    wanted = options(session)
    for _ in range(MAX_REMOVALS):
        server_limit.wait_for_removal(hub, user)
        session.hold()
        try:
            return jupyterhub.start_server(hub, user, session.server, wanted)
        except jupyterhub.ServerLimit as reached:
            server_limit.make_room(hub, user, session, reached.limit)
    raise RemoteUnavailable(f"{hub.title} still keeps too many servers.", service=hub)


def _is_gone(hub: Service, session: Session) -> bool:
    """Ask for the end of the server until it has come, at most for a while."""
    user = known_as(hub, session.by)
    for _ in range(ENDING):
        if jupyterhub.stop_server(hub, user, session.server):
            return True
        session.hold()
        time.sleep(0.5)
    return False


def _follow(hub: Service, session: Session) -> None:
    for news in jupyterhub.progress(hub, known_as(hub, session.by), session.server, seconds=FOLLOW):
        session.hold()
        if news.failed:
            return session.failed(news.message or "The session did not start.")
        if news.ready:
            return session.became_ready(news.path, None)
        session.heard(news.percent, news.message)
        if session.state == Session.State.STOPPING:
            return None
    raise RemoteUnavailable(f"{hub.title} does not say how far the session is.", service=hub)
