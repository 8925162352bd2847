"""Celery tasks of the harvest."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from catalog.software import worker
from catalog.software.models import ABANDONED, Harvest
from vre_portal.services import ServiceKind, service, services
from vre_portal.stop_switches.present import stop_of

FRESH = timedelta(minutes=50)


@shared_task(name="software.harvest")
def harvest() -> None:
    """Visit every configured source, each in a task of its own."""
    for source in services(ServiceKind.ZENODO):
        harvest_one.delay(source.name)


@shared_task(name="software.harvest_one", bind=True, max_retries=5)
def harvest_one(self: Any, name: str) -> None:
    """Visit one source; where it fails, again after 15 s, 30 s, 1 min ..., then at the next scheduled hour. While updates from it are
    stopped, it is visited at the first scheduled hour after that."""
    if stop_of(ServiceKind.ZENODO, name, "harvest"):
        return
    run = worker.harvest(service(ServiceKind.ZENODO, name))
    if self.request.retries == self.max_retries:
        return
    if run is None:  # another is at work, or was killed and cannot be told from it yet
        raise self.retry(countdown=ABANDONED.total_seconds())
    if run.state == Harvest.State.FAILED:
        raise self.retry(countdown=15 * 2**self.request.retries)


@worker_ready.connect
def harvest_at_start(**_: Any) -> None:
    """A portal that starts for the first time, or after a long rest, does not wait for the hour."""
    if not Harvest.objects.done().filter(finished_at__gt=timezone.now() - FRESH).exists():
        harvest.delay()
