"""The Celery application; the request id of the page that asked travels with every task."""

import logging
import os
from functools import partial
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, setup_logging, task_prerun
from django.db import transaction

from vre_portal import request_id, watchdog  # noqa: F401 -- the watchdog listens for workers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vre_portal.settings")

logger = logging.getLogger(__name__)


class ExpiringTask(Task):  # type: ignore[type-arg]  # celery's own class is not generic at run time
    """A task whose messages run out: the row is the truth, and a sweep sends another message for what is still wanted."""

    expires = 60.0  # seconds


app = Celery("vre_portal", task_cls=ExpiringTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_djangos_logging(**_: Any) -> None:
    """Keep Celery from installing its own log format over the portal's."""


@before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    headers["vre_request_id"] = request_id.current()


@task_prerun.connect
def take_request_id(task: Any, **_: Any) -> None:
    request_id.set_current(getattr(task.request, "vre_request_id", None) or (task.request.headers or {}).get("vre_request_id"))


def enqueue(task: Any, pk: int | str) -> None:
    """Send the task for the row once the transaction is committed; nothing is sent where it is rolled back. Never raises where the broker is away."""
    transaction.on_commit(partial(send, task, pk))


def send(task: Any, *args: int | str) -> None:
    """Send the task now. Never raises where the broker is away: the sweep finds the row later, so the person need not know."""
    try:
        task.apply_async(args, retry=False)
    except task.OperationalError:
        logger.warning("the broker is away; the sweep will find %s %s", task.name, args)
