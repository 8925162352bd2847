"""The door for background work on runs: tasks carry ids, the worker functions do the work and may run twice."""

import logging

from celery import shared_task

from projects.workflows import copying, following, keeping, worker

logger = logging.getLogger(__name__)
EXPIRES = 10  # seconds after which the next sweep has said it again: a worker that was away finds no mountain of old news


@shared_task(name="workflows.submit")
def submit(pk: int) -> None:
    """Bring one run to REANA."""
    worker.submit(pk)


@shared_task(name="workflows.stop")
def stop(pk: int) -> None:
    """End one run."""
    worker.stop(pk)


@shared_task(name="workflows.follow")
def follow(user: int, server: str) -> None:
    """Ask one server about all active runs of one person."""
    following.follow(user, server)


@shared_task(name="workflows.copy_files")
def copy_files(run: int) -> None:
    """Copy the files of one run that wait for it."""
    copying.copy_files(run)


@shared_task(name="workflows.keep")
def keep(pk: int) -> None:
    """Bring outputs into the Data Lake, or look how far the rule is."""
    keeping.proceed(pk)


@shared_task(name="workflows.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """Find what the broker lost, what waits to be tried again, and what has to be looked at."""
    for pk in worker.waiting():
        submit.apply_async((pk,), expires=EXPIRES)
    for user, server in following.followed():
        follow.apply_async((user, server), expires=EXPIRES)
    for pk in copying.runs_with_work():
        copy_files.apply_async((pk,), expires=EXPIRES)
    for pk in keeping.waiting():
        keep.apply_async((pk,), expires=EXPIRES)
