"""Celery tasks of requests."""

from celery import shared_task

from projects.requests import due_dates, worker
from vre_portal.jobs import sweep

EXPIRES = 15  # seconds after which the next sweep has sent it again


@shared_task(name="requests.act", expires=EXPIRES)
def act(pk: int) -> None:
    """Carry out one approved request."""
    worker.act(pk)


@shared_task(name="requests.remind", ignore_result=True)
def remind() -> None:
    """Tell of requests that are due soon or overdue, once each."""
    due_dates.remind()


sweep.add(act, worker.acts)
