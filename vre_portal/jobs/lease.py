"""A lease: a row belongs to one worker until a time that the worker moves on, and is free again when the worker dies."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from django.utils import timezone

logger = logging.getLogger(__name__)
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.02, 0.3


class LeaseLost(Exception):
    """Another worker has the row by now, or it is gone: code that gets this must not change it any more."""


def free(until: str = "lease_until") -> Q:
    """The condition for rows that nobody holds; `until` names the column with the end of the lease."""
    return Q(**{until: None}) | Q(**{f"{until}__lt": timezone.now()})


def end(seconds: float | None = None) -> datetime:
    """When a lease of so many seconds ends, of LEASE_SECONDS by default."""
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS if seconds is None else seconds)


def locked[Row: Model](rows: QuerySet[Row], until: str = "lease_until") -> Row | None:
    """The one row of `rows`, locked in the database until the caller's transaction ends, in which the caller sets the lease; None where another
    holds it."""
    return rows.select_for_update(of=("self",)).filter(free(until)).first()


def looks(*, until: float) -> Iterator[None]:
    """Yield before each look at a row that another holds, with growing waits between, until a time of the monotonic clock; once in any case."""
    wait = FIRST_WAIT_SECONDS
    while True:
        yield
        if time.monotonic() > until:
            return
        time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 -- only spreads the waiting
        wait = min(wait * 1.5, LONGEST_WAIT_SECONDS)


def freed() -> Case:
    """A value for `lease_until` that ends a pause (`claims` is 0) and leaves the lease of a worker that has the row in hand as it is."""
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
