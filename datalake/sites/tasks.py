"""Celery tasks that look at what is due."""

import logging

from celery import shared_task

from datalake.sites import schedule, worker
from vre_portal.http import RemoteError
from vre_portal.services import ServiceKind, services

logger = logging.getLogger(__name__)


@shared_task(name="lake_sites.look", ignore_result=True)
def look() -> None:
    """Each lake's storage elements and catalogue, where it is time; one that is away holds up no other."""
    for lake in services(ServiceKind.RUCIO):
        for work in (worker.sample, worker.read_access, worker.read_catalogue):
            due = schedule.begin(lake.name, work.__name__)
            if due is None:
                continue
            try:
                with schedule.running(due):
                    work(lake)
            except RemoteError as error:
                logger.warning("%s of %s: %s", work.__name__, lake.name, error)
            except Exception:
                logger.exception("%s of %s failed", work.__name__, lake.name)
