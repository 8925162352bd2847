"""The doors that Celery comes through; each carries the id of a session."""

from contextlib import suppress

from celery import shared_task

from projects.notebooks import worker
from projects.notebooks.models import Session
from vre_portal.audit import record
from vre_portal.http import RemoteError
from vre_portal.jobs import sweep as sweeping
from vre_portal.jobs.lease import LeaseLost
from vre_portal.services import ServiceKind, services

EXPIRES = 15  # seconds after which the next sweep has said it again


@shared_task(name="notebooks.start", expires=EXPIRES)
def start(pk: int) -> None:
    """Start the server of a session."""
    worker.start(pk)


@shared_task(name="notebooks.stop", expires=EXPIRES)
def stop(pk: int) -> None:
    """Stop the server of a session."""
    worker.stop(pk)


@shared_task(name="notebooks.check", ignore_result=True, expires=EXPIRES)
def check(user: int) -> None:
    """Stop the sessions that a person may have no longer."""
    for session in worker.of_those_who_left(user):
        record("notebook.stop", by=None, subject=f"project/{session.project.slug}", whose=session.by, session=session.pk, why="role gone")
        stop.delay(session.pk)


@shared_task(name="notebooks.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """Find who may have a session no longer, what waited for too long, and what ended by itself."""
    for user in Session.objects.alive().order_by().values_list("by", flat=True).distinct():
        check.delay(user)
    for session in Session.objects.forgotten():
        with suppress(LeaseLost):
            session.was_forgotten()
    for hub in services(ServiceKind.JUPYTERHUB):
        try:
            worker.look_at_all(hub)
        except RemoteError:
            continue  # the rows keep what was known, with its age


sweeping.add(start, worker.starts)
sweeping.add(stop, worker.stops)
