"""Each use of a person's token: noted with one statement when the vault gives it, and with what came of it when the page or task ends."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from vre_portal import token_use_context
from vre_portal.audit.models import Use
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.text import storable

logger = logging.getLogger(__name__)
SLOT_MINUTES = 10  # the same use again within this time is counted in one row
# In the statement's own transaction the answer of the disk is not waited for: what a killed process wrote is safe, a killed database
# server may lose the last half second. Inside somebody else's transaction their commit must stay as it is.
SOON = "set_config('synchronous_commit', 'off', true)"
AS_THEY_DO = "(VALUES (1)) AS nothing"  # untranslated: SQL
NOTE = """
INSERT INTO audit_use (person, service, purpose, place, outcome, slot, first_at, last_at, times, calls, failed)
SELECT %s::uuid, %s, %s, %s, %s, %s::timestamptz, %s::timestamptz, %s::timestamptz, 1, 0, 0 FROM {manner}
ON CONFLICT ON CONSTRAINT one_row_per_use_and_slot DO UPDATE SET times = audit_use.times + 1, last_at = excluded.last_at RETURNING id
"""
SETTLE = "UPDATE audit_use SET calls = calls + %s, failed = failed + %s, answer = %s FROM {manner} WHERE id = %s"  # untranslated: SQL


def note(user: User, service: Service, *, purpose: str, outcome: str = "given") -> None:
    """The vault gave, or could not give, a token of `user` for `service`."""
    now, context, key = timezone.now(), token_use_context.current(), f"{service.kind}/{service.name}"
    place = context.place if context else "command"
    texts = (key[:120], storable(purpose)[:200], storable(place)[:200], outcome)
    row = _run(NOTE, [user.handle, *texts, slot_of(now), now, now], answers=True)
    if context is not None and row is not None and outcome == "given":
        context.uses[key] = row


@contextmanager
def recorded(user: User, service: Service, purpose: str) -> Iterator[None]:
    """Record that the block used a token of `user` for `service`, or with which outcome it could not; its errors go on."""
    try:
        yield
    except RemoteError as error:
        note(user, service, purpose=purpose, outcome="refused" if isinstance(error, RemoteRefused) else "unavailable")
        raise
    note(user, service, purpose=purpose)


def slot_of(moment: datetime) -> datetime:
    """The beginning of the ten minutes that a moment is in."""
    return moment.replace(minute=moment.minute // SLOT_MINUTES * SLOT_MINUTES, second=0, microsecond=0)


def settle() -> None:
    """The page or task is over: write down what the services answered."""
    context = token_use_context.finish()
    try:
        for row, calls in context.calls.items() if context else ():
            failed = sum(not 0 < call.status < 400 for call in calls)
            _run(SETTLE, [len(calls), failed, calls[-1].status, row])
    except DatabaseError:
        logger.warning("what the services answered could not be noted")


def _run(statement: str, values: list[Any], *, answers: bool = False) -> int | None:
    manner = AS_THEY_DO if connection.in_atomic_block else SOON
    with connection.cursor() as cursor:
        cursor.execute(statement.format(manner=manner), values)
        return int(cursor.fetchone()[0]) if answers else None


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page is at work; its address without the question, which may hold what somebody typed."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        token_use_context.start(f"{request.method} {request.path}")
        try:
            return get_response(request)
        finally:
            settle()

    return handle


@task_prerun.connect
def task_begins(task: Any, **_: Any) -> None:
    token_use_context.start(f"task {task.name}")


@task_postrun.connect
def task_ends(**_: Any) -> None:
    settle()


def forget() -> int:
    """Delete uses that are older than they are kept; returns how many rows."""
    deleted, _ = Use.objects.filter(last_at__lt=timezone.now() - timedelta(days=settings.TOKEN_USE_DAYS)).delete()
    return deleted
