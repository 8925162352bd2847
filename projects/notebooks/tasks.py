"""The doors that Celery comes through; each carries the id of a session."""

from celery import shared_task

from projects.notebooks import worker
from projects.notebooks.models import Session
from vre_portal.http import RemoteError
from vre_portal.services import ServiceKind, services


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


@shared_task(name="notebooks.sweep", ignore_result=True)
def sweep() -> None:
    """Find what the broker lost and what ended by itself."""
    for session in Session.objects.unattended().only("pk", "state"):
        task = stop if session.state == Session.State.STOPPING else start
        task.delay(session.pk)
    for session in Session.objects.forgotten():
        session.failed("Your browser did not come back from JupyterHub. Open the notebook again.")
    for hub in services(ServiceKind.JUPYTERHUB):
        try:
            worker.look_at_all(hub)
        except RemoteError:
            continue  # the rows keep what was known, with its age


def _session(pk: int) -> Session | None:
    return Session.objects.select_related("project", "by").filter(pk=pk).first()
