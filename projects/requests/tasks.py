"""Celery tasks of requests."""

from celery import shared_task

from projects.requests import attachment_files, due_dates, worker
from projects.requests.models import RequestAttachment
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


@shared_task(name="requests.delete_lost_files", ignore_result=True)
def delete_lost_files() -> None:
    """Delete files that were written for requests that were refused after all."""
    attachment_files.delete_lost(set(RequestAttachment.objects.values_list("file", flat=True).iterator()))


sweep.add(act, worker.acts)
