"""Celery tasks of repositories."""

from celery import shared_task

from vre_portal.jobs import sweep
from vre_portal.repositories import worker


@shared_task(name="repositories.fetch")
def fetch(pk: int) -> None:
    """Fetch one repository."""
    worker.fetch(pk)


@shared_task(name="repositories.forget", ignore_result=True)
def forget() -> None:
    """Delete snapshots that have expired."""
    worker.forget()


sweep.add(fetch, worker.runner)
