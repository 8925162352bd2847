"""The doors that Celery comes through; each carries the id of a session."""

from celery import shared_task

from projects.notebooks import worker
from projects.notebooks.models import Session
from vre_portal.audit import record
from vre_portal.http import RemoteError
from vre_portal.services import ServiceKind, services

EXPIRES = 15  # seconds after which the next sweep has said it again


@shared_task(name="notebooks.start")
def start(pk: int) -> None:
    """Start the server of a session."""
    if session := _session(pk):
        worker.start(session)


@shared_task(name="notebooks.stop")
def stop(pk: int) -> None:
    """Stop the server of a session."""
    if session := _session(pk):
        worker.stop(session)


@shared_task(name="notebooks.check", ignore_result=True, expires=EXPIRES)
def check(user: int) -> None:
    """Stop the sessions that a person may have no longer."""
    for session in worker.of_those_who_left(user):
        record("notebook.stop", by=None, subject=f"project/{session.project.slug}", whose=session.by, session=session.pk, why="role gone")
        stop.delay(session.pk)


@shared_task(name="notebooks.sweep", ignore_result=True)
def sweep() -> None:
    """Find what the broker lost and what ended by itself."""
    for session in Session.objects.unattended().only("pk", "state"):
        task = stop if session.state == Session.State.STOPPING else start
        task.delay(session.pk)
    for user in Session.objects.alive().order_by().values_list("by", flat=True).distinct():
        check.delay(user)
    for session in Session.objects.forgotten():
        session.failed("Your browser did not come back from JupyterHub. Open the notebook again.")
    for hub in services(ServiceKind.JUPYTERHUB):
        try:
            worker.look_at_all(hub)
        except RemoteError:
            continue  # the rows keep what was known, with its age


def _session(pk: int) -> Session | None:
    return Session.objects.select_related("project", "by").filter(pk=pk).first()
