"""The door for background work on acts: tasks carry ids, the worker functions do the work and may run twice."""

from celery import shared_task

from datalake.acts import worker
from vre_portal.jobs import sweep

EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake.perform", expires=EXPIRES)
def perform(pk: int) -> None:
    """Bring one act to its lake."""
    worker.perform(pk)


sweep.add(perform, worker.acts)
