"""Celery tasks of environments; most take the id of a row."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from catalog.environments import configured, lists, worker
from vre_portal.jobs import sweep


@shared_task(name="environments.ask_registry")
def ask_registry(pk: int) -> None:
    """Ask the registry of one version."""
    worker.questions.perform(pk)


@shared_task(name="environments.test")
def test(pk: int) -> None:
    """Begin a test, or go on with it."""
    worker.tests.perform(pk)


@shared_task(name="environments.collect", ignore_result=True)
def collect() -> None:
    """Take over the environments that services.toml names, and have registries asked again whose answer is old. Lists that nothing has are deleted."""
    configured.collect()
    lists.delete_unused()
    worker.ask_old_again()


@worker_ready.connect
def collect_at_start(**_: Any) -> None:
    """A portal that starts has them at once."""
    collect.delay()


sweep.add(ask_registry, worker.questions)
sweep.add(test, worker.tests)
