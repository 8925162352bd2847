"""Celery's doors to the index."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from datalake import service_account
from datalake.index import worker
from vre_portal.services import ServiceKind, service, services


@shared_task(name="lake_index.fill")
def fill() -> None:
    """Bring every lake's index up to date, each in a task of its own."""
    for lake in services(ServiceKind.RUCIO):
        if service_account.is_configured(lake):
            fill_one.delay(lake.name)


@shared_task(name="lake_index.fill_one")
def fill_one(name: str) -> None:
    """One lake; a run that fails is followed by the next at its time."""
    lake = service(ServiceKind.RUCIO, name)
    worker.fill(lake)


@worker_ready.connect
def fill_at_start(**_: Any) -> None:
    """A portal that starts for the first time does not wait for the schedule."""
    fill.delay()
