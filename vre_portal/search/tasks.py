"""Celery tasks of the index."""

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from vre_portal.search import worker

LONGEST_SECONDS = 30.0


@shared_task(name="search.update")
def update() -> None:
    """Index what changed, for as long as there is more, and try again what failed."""
    end = time.monotonic() + LONGEST_SECONDS
    while worker.update() and time.monotonic() < end:
        pass
    worker.retry()


@shared_task(name="search.compare")
def compare() -> None:
    """Compare the whole index with what it is made of."""
    worker.compare_all()


@worker_ready.connect
def compare_at_start(**_: Any) -> None:
    """What changed while no triggers were there, such as the documentation, is found after a start."""
    compare.delay()
