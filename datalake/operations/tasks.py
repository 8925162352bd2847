"""The door for background work on operations: tasks carry ids, the worker functions do the work and may run twice."""

from celery import shared_task

from datalake.operations import worker
from vre_portal.jobs import sweep

EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake.perform", expires=EXPIRES)
def execute(pk: int) -> None:
    """Bring one operation to its lake."""
    worker.execute(pk)


sweep.add(execute, worker.runner)
