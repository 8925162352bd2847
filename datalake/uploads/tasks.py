"""The doors that Celery comes through; each carries the id of an upload."""

import uuid

from celery import shared_task

from datalake.uploads import worker
from vre_portal.jobs import sweep

EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake_uploads.proceed", expires=EXPIRES)
def proceed(pk: str) -> None:
    """Bring one file into its lake."""
    worker.proceed(uuid.UUID(pk))


@shared_task(name="lake_uploads.forget", ignore_result=True)
def forget() -> None:
    """Throw away what nobody goes on with."""
    worker.sweep()


sweep.add(proceed, worker.moves)
