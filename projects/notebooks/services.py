"""What people do with notebook sessions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project
from projects.notebooks import notices, tasks, worker
from projects.notebooks.choosing import Chosen
from projects.notebooks.models import Session
from projects.notebooks.server_names import server_name
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.jobs.lease import LeaseLost
from vre_portal.services import Service, ServiceKind, UnknownService
from vre_portal.stop_switches.present import require_open, stop_of

FRESH = timedelta(seconds=20)
JUST_NOW = timedelta(seconds=2)  # for somebody who is about to be sent to the server


class ServerTaken(RemoteRefused):
    """A further session of another project has the server of this one; the text says which."""


def open_session(*, by: User, project: Project, hub: Service, key: UUID, chosen: Chosen | None = None, anew: bool = False) -> Session:
    """The person's open session for the project, or a new one; the same form sent twice opens one session. Others with names are left alone.

    An open session is restarted with the chosen data only if `anew` is true; else it continues without them. A session that is stopping
    is started again once it has stopped; a worker checks whether a session that was ready still runs. Raises ServiceStopped where a
    server would have to be started and staff have stopped that, and ServerTaken.
    """
    found = _existing(by, project, hub, key)
    if found:
        return _taken_up(found, key, chosen, anew=anew)
    require_open(ServiceKind.JUPYTERHUB, hub.name, "sessions")
    data = {"lake": chosen.lake.name, "did": str(chosen)} if chosen else {}
    try:
        with transaction.atomic():
            open_project_locked(project)
            session = Session.objects.create(by=by, project=project, hub=hub.name, key=key, server=server_name(project.slug), **data)
            enqueue(tasks.start, session.pk)
            record("notebook.open", by=by, subject=f"project/{project.slug}", hub=hub.name, session=session.pk, **data)
    except IntegrityError:  # another request of the same person was faster
        if (found := _existing(by, project, hub, key)) is None:
            raise ServerTaken(_taken_words(by, hub, server_name(project.slug))) from None
        session = found
    return session


def go_on(*, session: Session) -> None:
    """The browser came back from the hub: start what waited for that."""
    with transaction.atomic():
        if session.signed_in():
            enqueue(tasks.start, session.pk)


def stop_session(*, session: Session, why: str = "", by: User | None = None) -> None:
    """End the session, for the reason given or because its person stopped it; what it wrote stays in the person's folder.

    `by` is who stops it where that is somebody else.
    """
    with transaction.atomic():
        if session.asked_to_stop(why or _("You stopped it.")):
            enqueue(tasks.stop, session.pk)
            if by is not None:
                notices.stopped_by(session, by)
            whose: dict[str, Any] = {"whose": session.by} if by is not None else {}
            subject = f"project/{session.project.slug}"
            record("notebook.stop", by=by or session.by, subject=subject, hub=session.hub, session=session.pk, **whose)


def can_renew(session: Session) -> bool:
    """Whether the end of the session can be put off: its hub stops what is not used, and lets the portal say that it is."""
    if not session.is_ready:
        return False
    try:
        options = worker.hub_of(session).options
    except UnknownService:
        return False
    return options.get("renewable") is True and bool(options.get("idle_minutes"))


def renew(*, session: Session) -> None:
    """Have a worker tell the hub that the session is in use. What the broker loses is asked for again by who sees that the end has not moved."""
    with transaction.atomic():
        enqueue(tasks.renew, session.pk)
        record("notebook.renew", by=session.by, subject=f"project/{session.project.slug}", hub=session.hub, session=session.pk)


def refresh(session: Session, *, fresh: timedelta = FRESH) -> RemoteError | None:
    """Ask the hub if the known state is older than `fresh`; returns the error if it did not answer, and then changes nothing."""
    if session.state not in (Session.State.READY, Session.State.STOPPING) or session.age < fresh:
        return None
    try:
        worker.look(session)
    except RemoteError as error:
        return error
    except LeaseLost:  # a worker has taken it in hand meanwhile, and knows better
        session.refresh_from_db()
    return None


def _existing(by: User, project: Project, hub: Service, key: UUID) -> Session | None:
    mine = Session.objects.filter(by=by)
    here = mine.alive().filter(project=project, server=server_name(project.slug), hub=hub.name)
    return mine.filter(key=key).first() or here.first()


def _taken_words(by: User, hub: Service, server: str) -> str:
    """Which other session has the server; its person sees the project of each of their sessions in their list."""
    other = Session.objects.alive().filter(by=by, hub=hub.name, server=server).select_related("project").first()
    if other is None:  # it ended in this very moment
        return _("This session can't be opened at the moment. Try again.")
    facts = {"name": other.name, "project": other.project.title, "server": server}
    return _("Your session “%(name)s” of “%(project)s” is called %(server)s at the hub. Stop it first.") % facts


def _taken_up(session: Session, key: UUID, chosen: Chosen | None, *, anew: bool) -> Session:
    """Change an existing session to what its person requests now; the same form sent again changes nothing."""
    if session.key == key:
        return session
    if session.state == Session.State.STOPPING:
        lake, did = (chosen.lake.name, str(chosen)) if chosen else ("", "")
        start_again(session, "notebook.open", lambda: session.open_again(key, lake, did))
        return session
    if chosen:
        session = _with_data(session, key, chosen, anew=anew)
        if not session.wants(chosen.lake.name, str(chosen)):
            return session  # it goes on as it is; its person reads how the data come into it
    if session.is_ready and not session.lacks_data and not stop_of(ServiceKind.JUPYTERHUB, session.hub, "sessions"):
        with transaction.atomic():
            if session.look_again():
                enqueue(tasks.start, session.pk)
    return session


def start_again(session: Session, action: str, wish: Callable[[], bool]) -> bool:
    """Have a worker start a session again if `wish` could be stored, and say whether; raises ServiceStopped."""
    require_open(ServiceKind.JUPYTERHUB, session.hub, "sessions")
    with transaction.atomic():
        open_project_locked(session.project)
        if is_wanted := wish():
            enqueue(tasks.start, session.pk)
            data = {"lake": session.lake, "did": session.did} if session.did else {}
            record(action, by=session.by, subject=f"project/{session.project.slug}", hub=session.hub, session=session.pk, **data)
    return is_wanted


def _with_data(session: Session, key: UUID, chosen: Chosen, *, anew: bool) -> Session:
    """Have an open session start with the chosen data if no server has been requested yet, or if `anew` is true."""
    lake, did = chosen.lake.name, str(chosen)
    if session.key == key or (session.wants(lake, did) and not session.lacks_data):
        return session
    if session.take(lake, did) or not anew:
        return session
    start_again(session, "notebook.anew", lambda: session.begin_anew(key, lake, did))
    return session
