"""Celery tasks of the index."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from datalake.index import worker
from datalake.reads import service_account
from vre_portal.services import ServiceKind, service, services


@shared_task(name="lake_index.fill")
def sync_all() -> None:
    """Bring every lake's index up to date, each in a task of its own."""
    for lake in services(ServiceKind.RUCIO):
        if service_account.is_configured(lake):
            sync_one.delay(lake.name)


@shared_task(name="lake_index.fill_one")
def sync_one(name: str) -> None:
    """Update the index of one lake; after a run that fails the next one starts on schedule."""
    lake = service(ServiceKind.RUCIO, name)
    worker.sync_index(lake)


@worker_ready.connect
def sync_at_start(**_: Any) -> None:
    """A portal that starts for the first time does not wait for the schedule."""
    sync_all.delay()
