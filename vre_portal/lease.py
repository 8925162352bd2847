"""Work that one worker at a time does, and another takes over when it died."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has taken the work over: whoever reads this stops where it is."""


class Lease(models.Model):
    """Work that one worker at a time does, and another takes over when it died."""

    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def claim(cls, pk: int, **conditions: Any) -> bool:
        """Take the work unless somebody has it; True for exactly one of those who ask at once."""
        rows = cls._default_manager.filter(cls.free(), pk=pk, **conditions)
        until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
        return bool(rows.update(lease_until=until, attempt=F("attempt") + 1))

    @classmethod
    def free(cls) -> Q:
        """In nobody's hands."""
        return Q(lease_until=None) | Q(lease_until__lt=timezone.now())

    def rest(self, seconds: float) -> bool:
        """Nobody else has it for so long; False where somebody else has it already."""
        mine = type(self)._default_manager.filter(pk=self.pk, attempt=self.attempt)
        return bool(mine.update(lease_until=timezone.now() + timedelta(seconds=seconds)))

    def renew(self) -> None:
        """Go on holding it; raises LeaseLost, so that one who slept through its lease touches nothing any more."""
        if not self.rest(settings.LEASE_SECONDS):
            raise LeaseLost

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it however long a step takes, but no longer than this process lives."""
        over = threading.Event()

        def hold() -> None:
            try:
                while not over.wait(settings.LEASE_SECONDS / 3) and self.rest(settings.LEASE_SECONDS):
                    pass
            except OperationalError:
                logger.warning("the database is away: the lease on %s runs out", self.pk)
            finally:
                connection.close()

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def release(self) -> None:
        """Let the next one have it at once."""
        type(self)._default_manager.filter(pk=self.pk, attempt=self.attempt).update(lease_until=None)


def only_run[Row: models.Model](
    rows: models.QuerySet[Row], about: Mapping[str, Any], *, silent: timedelta, give_up: Callable[[Row], None], **facts: Any
) -> Row | None:
    """Begin the one run of something, whose model allows one row "running" of it; None while another is at work.

    One that has said nothing for so long was killed, and is given up first.
    """
    with transaction.atomic():
        for old in rows.select_for_update().filter(**about, state="running", heard_at__lt=timezone.now() - silent):
            give_up(old)
    row, made = rows.get_or_create(**about, state="running", defaults=facts)
    return row if made else None
