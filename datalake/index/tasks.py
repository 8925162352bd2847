"""Celery tasks of the index."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.core.cache import cache

from datalake.index import visitors, worker
from datalake.reads import accounts, service_account
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service, services

ASKED_SECONDS = 60  # for which a person's account is not asked for again


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


@shared_task(name="lake_index.report_changes", ignore_result=True)
def report_changes() -> None:
    """Tell those who follow data what has changed."""
    from datalake.index import followed  # which asks for accounts by the task below

    followed.report_changes()


@shared_task(name="lake_index.ask_account", expires=ASKED_SECONDS)
def ask_account(person: int, name: str) -> None:
    """Ask a lake whether it knows a person, for pages that do not wait for its answer."""
    for user in User.objects.filter(pk=person):
        visitors.has_account(user, name)


def ask_soon(user: User, lake: Service) -> None:
    """Let a worker ask the lake about the person, unless it has answered within the last minutes; nothing waits for that."""
    if accounts.recent_answer(user, lake) is None and cache.add(f"lake-account-asked-{user.pk}-{lake.name}", True, ASKED_SECONDS):
        ask_account.delay(user.pk, lake.name)


@worker_ready.connect
def sync_at_start(**_: Any) -> None:
    """A portal that starts for the first time does not wait for the schedule."""
    sync_all.delay()
