"""The door for background work on access: tasks carry ids, the worker functions may run twice."""

from celery import shared_task

from datalake.access import worker

EXPIRES = 60  # seconds after which the next sweep has said it again


@shared_task(name="access.carry")
def carry(pk: int) -> None:
    """Bring one decision to the IAM."""
    worker.carry(pk)


@shared_task(name="access.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """End what was granted until now, and find what the broker lost or the IAM did not take."""
    for pk in worker.due():
        carry.apply_async((pk,), expires=EXPIRES)
