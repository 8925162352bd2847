"""A lease: a row belongs to one worker until a time that the worker moves on, and is free again when the worker dies."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from django.utils import timezone

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has the row by now, or it is gone: whoever gets this changes nothing any more."""


def free(until: str = "lease_until") -> Q:
    """Rows that nobody holds; `until` is the column that says how long somebody does."""
    return Q(**{until: None}) | Q(**{f"{until}__lt": timezone.now()})


def end(seconds: float | None = None) -> datetime:
    """When a lease of so many seconds ends, of LEASE_SECONDS by default."""
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS if seconds is None else seconds)


def locked[Row: Model](rows: QuerySet[Row], until: str = "lease_until") -> Row | None:
    """The one row, locked until the caller's transaction ends, in which it marks it as its own; None where another holds it."""
    return rows.select_for_update(of=("self",)).filter(free(until)).first()


def freed() -> Case:
    """A value for `lease_until`: nobody's, save where a worker has the row in hand; for a wish that ends a pause, not somebody's work."""
    return Case(When(claims=0, then=Value(None)), default=F("lease_until"))


@contextmanager
def renewed(renew: Callable[[], bool]) -> Iterator[None]:
    """Inside, a thread calls `renew` three times per lease until it returns False; a database that is away is asked again."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(settings.LEASE_SECONDS / 3):
            try:
                if not renew():
                    break
            except (OperationalError, InterfaceError) as error:
                logger.warning("a lease could not be renewed: %s", error)
                connection.close()
        connection.close()

    thread = threading.Thread(target=run, daemon=True, name="lease")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
