"""How the index is kept up to date: runs, names that wait or were seen, and what could not be indexed."""

from datetime import timedelta
from operator import methodcaller
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from datalake.index.models.entries import IndexedScope
from vre_portal.jobs.single import only_run

STALE_AFTER = timedelta(minutes=3)  # a run that says nothing for so long was killed


class PendingName(models.Model):
    """A DID that Rucio lists as new or with new metadata, and whose record is not read yet."""

    scope = models.ForeignKey(IndexedScope, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")
    words = models.BooleanField(help_text=_("Whether its metadata is to be read; otherwise its type and size"))

    class Meta:
        db_table = "lake_index_pending"
        verbose_name_plural = _("pending names")
        constraints = (models.UniqueConstraint(fields=["scope", "words", "name"], name="pending_once"),)


class ScannedName(models.Model):
    """A name that the current full scan has seen; a name that it does not see may be deleted."""

    scope = models.ForeignKey(IndexedScope, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")

    class Meta:
        db_table = "lake_index_seen"
        verbose_name_plural = _("scanned names")
        indexes = (models.Index(fields=["scope", "name"], name="lake_seen"),)


class Problem(models.Model):
    """Something that could not be indexed: a DID, a row of a listing, or a whole scope (then `name` is empty)."""

    class Part(models.TextChoices):
        SCOPE = "scope", _("Whole scope")
        NAME = "name", _("Name")
        FACTS = "facts", _("DID")
        WORDS = "words", _("Metadata")
        SIZE = "size", _("Size")

    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=500, db_collation="C", help_text=_("The name in Rucio; the index may have no such scope"))
    part = models.CharField(max_length=5, choices=Part)
    name = models.CharField(max_length=500, blank=True, db_collation="C")
    reason = models.CharField(max_length=500)
    since = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(default=timezone.now, help_text=_("Time of the last failure"))
    tries = models.PositiveIntegerField(default=1)
    retry_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("scope", "part", "name")
        constraints = (models.UniqueConstraint(fields=["lake", "scope", "part", "name"], name="a_problem_once"),)
        indexes = (models.Index(fields=["lake", "scope", "retry_at"], name="lake_problems_due"),)

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}" if self.name else self.scope


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    """The updates of indexes."""

    def begin(self, lake: str, *, full: bool) -> "SyncRun | None":
        """A new run, or None while another is at work."""
        give_up = methodcaller(
            "end", SyncRun.State.FAILED, gettext("The last update of the index was interrupted; the next one continues from there.")
        )
        return only_run(self, {"lake": lake}, silent=STALE_AFTER, give_up=give_up, full=full)


class SyncRun(models.Model):
    """One update of a lake's index."""

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("update of the index", "Running")
        DONE = "done", pgettext_lazy("update of the index", "Done")
        FAILED = "failed", pgettext_lazy("update of the index", "Failed")

    lake = models.CharField(max_length=60)
    full = models.BooleanField(help_text=_("A pass over all names, which also finds deletions"))
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    scope = models.CharField(max_length=60, blank=True, help_text=_("The scope that is being read"))
    read = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    described = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[SyncRunQuerySet] = SyncRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "lake_index_run"
        ordering = ("-began_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["lake"], condition=Q(state="running"), name="one_runner_a_lake"),)
        indexes = (models.Index(fields=["lake", "-began_at"], name="lake_runs"),)

    def __str__(self) -> str:
        return f"{self.lake}: {self.state}"

    def heartbeat(self, **counts: int) -> bool:
        """Store the run's progress; returns False when another run has taken over, and this one has to stop."""
        for name, more in counts.items():
            setattr(self, name, getattr(self, name) + more)
        fields: dict[str, Any] = {name: getattr(self, name) for name in ("scope", "read", "changed", "described", "removed")}
        alive = SyncRun.objects.filter(pk=self.pk, state=self.State.RUNNING)
        return bool(alive.update(heard_at=timezone.now(), **fields))

    def end(self, state: "SyncRun.State", error: str = "") -> None:
        self.state, self.error, self.ended_at = state, error[:500], timezone.now()
        SyncRun.objects.filter(pk=self.pk, state=self.State.RUNNING).update(state=state, error=self.error, ended_at=self.ended_at)
