"""A job: a row that somebody wants done, with the fence that every write of a worker passes."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, ClassVar, Self, override

from django.db import models, transaction
from django.db.models import Q

from vre_portal.jobs import changes, lease
from vre_portal.jobs.lease import LeaseLost


class Job(models.Model):
    """A row that one worker at a time does.

    `attempt` grows with each claim and is the fence: `write` and `save` change the row only while it has the number that this instance
    was read with. Wishes of people (stop, try again) are not the worker's: they are conditional updates on the queryset.
    """

    attempt = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Number of the last claim; only its worker may write",  # untranslated: on no page
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Claims since a worker last said how it went",  # untranslated: on no page
    )
    tries = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Attempts that failed in a row",  # untranslated: on no page
    )

    ANEW: ClassVar[dict[str, Any]] = {"lease_until": None, "claims": 0, "tries": 0}  # what a person's wish to try again sets

    fence: int | None = None  # the attempt of an instance that was claimed

    class Meta:
        abstract = True

    @override
    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """A new row is inserted; one that is there is changed through the fence, for every caller."""
        if self._state.adding:
            super().save(*args, update_fields=update_fields, **options)
            return
        names = update_fields or [field.attname for field in self._meta.concrete_fields if not field.primary_key]
        self.write(**{name: getattr(self, name) for name in names})

    @override
    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Read the row again; a claimed one raises LeaseLost where it was claimed anew, for it must not take over its successor's number."""
        super().refresh_from_db(*args, **options)
        if self.fence is not None and self.attempt != self.fence:
            raise self._lost()

    @classmethod
    def claim(cls, pk: Any, condition: Q | None = None, *, seconds: float | None = None) -> Self | None:
        """The row, held by the caller; None where another holds it, it is gone, or the condition does not hold."""
        with transaction.atomic():
            job = lease.locked(cls._base_manager.filter(condition or Q(), pk=pk))
            if job is not None:
                job.write(attempt=job.attempt + 1, claims=job.claims + 1, lease_until=lease.end(seconds))
                job.fence = job.attempt
        return job

    def write(self, condition: Q | None = None, **values: Any) -> bool:
        """Change these columns here and in the row; raises LeaseLost where another worker claimed it since, and changes nothing then.

        With a condition: False where it no longer holds. Where somebody watches one of the columns (`changes`), they are told in the same
        transaction.
        """
        mine, watched = self._mine(), changes.watched(self, values)
        with transaction.atomic() if watched else nullcontext():
            if mine.filter(condition or Q()).update(**values):
                for name, value in values.items():
                    setattr(self, name, value)
                changes.announce(self, watched)
                return True
            if condition is None or not mine.exists():
                raise self._lost()
            return False

    def hold(self, seconds: float | None = None) -> None:
        """Go on holding it; raises LeaseLost. Said before each step that changes something outside."""
        self.write(lease_until=lease.end(seconds))

    def release(self, *, pause: float = 0, tries: int = 0, claims: int = 0) -> None:
        """A worker is done with it for now, and said how it went; nobody takes it within `pause` seconds. Raises LeaseLost."""
        self.write(lease_until=lease.end(pause) if pause else None, tries=tries, claims=claims)

    def still_held(self) -> bool:
        """Renew the lease, for the thread that does so while a step takes its time; False where it is lost."""
        return bool(self._mine().update(lease_until=lease.end()))

    @property
    def _number(self) -> int:
        """The attempt that this instance may write for, whatever was read since."""
        return self.attempt if self.fence is None else self.fence

    def _mine(self) -> models.QuerySet[Self]:
        return type(self)._base_manager.filter(pk=self.pk, attempt=self._number)

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"{self._meta.label} {self.pk}, attempt {self._number}")
