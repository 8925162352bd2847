"""The door for background work on acts: tasks carry ids, the worker functions do the work and may run twice."""

from celery import shared_task

from datalake.acts import worker

EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake.perform")
def perform(pk: int) -> None:
    """Bring one act to its lake."""
    worker.perform(pk)


@shared_task(name="lake.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """Find what the broker lost, and what waits to be tried again."""
    for pk in worker.waiting():
        perform.apply_async((pk,), expires=EXPIRES)
