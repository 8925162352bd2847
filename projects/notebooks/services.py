"""What people do with notebook sessions."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from projects.models import Project
from projects.notebooks import tasks, worker
from projects.notebooks.models import Session
from vre_portal.audit import record
from vre_portal.celery import wake
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.services import Service

FRESH = timedelta(seconds=20)


def open_session(*, by: User, project: Project, hub: Service, key: UUID) -> Session:
    """The person's living session for the project, or a new wish for one; the same form sent twice is one wish."""
    found = _existing(by, project, hub, key)
    if found:
        return found
    try:
        with transaction.atomic():
            session = Session.objects.create(by=by, project=project, hub=hub.name, key=key, server=project.slug)
            transaction.on_commit(partial(wake, tasks.start, session.pk))
            record("notebook.open", by=by, subject=f"project/{project.slug}", hub=hub.name, session=session.pk)
    except IntegrityError:  # another request of the same person was faster
        session = _existing(by, project, hub, key) or Session.objects.get(by=by, key=key)
    return session


def go_on(*, session: Session) -> None:
    """The browser came back from the hub: start what waited for that."""
    with transaction.atomic():
        if session.signed_in():
            transaction.on_commit(partial(wake, tasks.start, session.pk))


def stop_session(*, session: Session) -> None:
    """End the session; what it wrote stays in the person's folder."""
    with transaction.atomic():
        if session.asked_to_stop():
            transaction.on_commit(partial(wake, tasks.stop, session.pk))
            record("notebook.stop", by=session.by, subject=f"project/{session.project.slug}", hub=session.hub, session=session.pk)


def refresh(session: Session) -> RemoteError | None:
    """Ask the hub where what we know is old; the error where it could not be asked, and then nothing is changed."""
    if session.state not in (Session.State.READY, Session.State.STOPPING) or session.age < FRESH:
        return None
    try:
        worker.look(session)
    except RemoteError as error:
        return error
    return None


def _existing(by: User, project: Project, hub: Service, key: UUID) -> Session | None:
    mine = Session.objects.filter(by=by)
    return mine.filter(key=key).first() or mine.alive().filter(project=project, hub=hub.name).first()
