"""Celery tasks of notebooks; most take the id of a row."""

import logging
from contextlib import suppress

from celery import shared_task
from django.db import InterfaceError, OperationalError

from projects.notebooks import found_servers, hub_logouts, notices, worker
from projects.notebooks.models import Session
from vre_portal.audit import record
from vre_portal.http import RemoteError
from vre_portal.jobs import sweep as sweeping
from vre_portal.jobs.lease import LeaseLost
from vre_portal.services import ServiceKind, services

logger = logging.getLogger(__name__)
EXPIRES = 15  # seconds after which the next sweep has sent it again


@shared_task(name="notebooks.start", expires=EXPIRES)
def start(pk: int) -> None:
    """Start the server of a session."""
    worker.start(pk)


@shared_task(name="notebooks.stop", expires=EXPIRES)
def stop(pk: int) -> None:
    """Stop the server of a session."""
    worker.stop(pk)


@shared_task(name="notebooks.renew", ignore_result=True, expires=EXPIRES)
def renew(pk: int) -> None:
    """Put off the end of a session that is not used."""
    worker.renew(pk)


@shared_task(name="notebooks.check", ignore_result=True, expires=EXPIRES)
def check(user: int) -> None:
    """Stop the sessions that a person is no longer allowed to have."""
    for session in worker.of_those_who_left(user):
        subject = f"project/{session.project.slug}"
        record("notebook.stop", by=None, subject=subject, whose=session.by, session=session.pk, why=session.why)
        stop.delay(session.pk)


@shared_task(name="notebooks.end-logins", ignore_result=True, expires=EXPIRES)
def end_logins(pk: int) -> None:
    """End a person's logins at a hub."""
    hub_logouts.perform(pk)


@shared_task(name="notebooks.settle", ignore_result=True, expires=EXPIRES)
def settle(pk: int) -> None:
    """Make a server that the portal did not start a session, or stop it; if its hub is down, the next sweep repeats this."""
    with suppress(RemoteError):
        found_servers.settle(pk)


@shared_task(name="notebooks.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """Find people who may no longer have a session, sessions that waited too long or have ended, and servers that the portal did not start."""
    for user in Session.objects.alive().order_by().values_list("by", flat=True).distinct():
        check.delay(user)
    hub_logouts.forget()
    for session in Session.objects.forgotten():
        with suppress(LeaseLost):
            session.was_forgotten()
    for hub in services(ServiceKind.JUPYTERHUB):
        try:
            found = worker.look_at_all(hub)
            notices.report_ends(hub)
        except RemoteError:
            continue  # the rows keep the last known state, with its age
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the notebooks at %s could not be looked at", hub.name)
            continue
        for pk in found:
            settle.delay(pk)


sweeping.add(start, worker.starts)
sweeping.add(end_logins, hub_logouts.logouts)
sweeping.add(stop, worker.stops)
