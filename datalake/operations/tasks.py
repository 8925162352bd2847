"""The door for background work on operations: tasks carry ids, the worker functions do the work and may run twice."""

import logging

from celery import shared_task

from datalake.operations import account_watch, worker
from vre_portal.http import RemoteError
from vre_portal.jobs import sweep
from vre_portal.services import UnknownService

logger = logging.getLogger(__name__)
EXPIRES = 10  # seconds after which the next sweep has said it again


@shared_task(name="lake.perform", expires=EXPIRES)
def execute(pk: int) -> None:
    """Bring one operation to its lake."""
    worker.execute(pk)


@shared_task(name="lake.watch_accounts", ignore_result=True)
def watch_accounts() -> None:
    """Have the accounts of people who use the portal looked at, each in a task of its own."""
    account_watch.forget()
    for user, lake in account_watch.due():
        watch_account.delay(user, lake)


@shared_task(name="lake.watch_account", ignore_result=True, expires=600)
def watch_account(user: int, lake: str) -> None:
    """Look at one account; where that fails, the next look is an hour later."""
    try:
        account_watch.look(user, lake)
    except (RemoteError, UnknownService) as error:
        logger.info("the account of user %s at %s could not be looked at: %s", user, lake, error)


sweep.add(execute, worker.runner)
