"""Celery tasks of access to restricted data; the worker functions that they call may run twice."""

from celery import shared_task

from datalake.access import notices, worker
from vre_portal.jobs import sweep

EXPIRES = 60  # seconds after which the next sweep has said it again


@shared_task(name="access.carry", expires=EXPIRES)
def carry(pk: int) -> None:
    """Bring one decision to the IAM."""
    worker.carry(pk)


@shared_task(name="access.sweep", ignore_result=True, expires=EXPIRES)
def end_those_over() -> None:
    """End granted access whose time has passed."""
    worker.end_those_over()


@shared_task(name="access.report_embargoes", ignore_result=True)
def report_embargoes() -> None:
    """Tell people of embargoes that end."""
    notices.report_embargoes()


sweep.add(carry, worker.memberships)
