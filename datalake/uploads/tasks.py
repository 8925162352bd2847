"""Celery tasks of uploads; `proceed` takes the id of an upload."""

import uuid

from celery import shared_task

from datalake.uploads import worker
from vre_portal.jobs import sweep

EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake_uploads.proceed", expires=EXPIRES)
def proceed(pk: str) -> None:
    """Move one received file to its lake."""
    worker.proceed(uuid.UUID(pk))


@shared_task(name="lake_uploads.forget", ignore_result=True)
def forget() -> None:
    """Delete uploads that have expired."""
    worker.sweep()


sweep.add(proceed, worker.runner)
