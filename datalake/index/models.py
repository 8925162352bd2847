"""What the portal knows of the lakes by itself, because Rucio can neither count nor sort: DIDs, what is said of them, and how fresh that is."""

from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.jobs.single import only_run

SILENT = timedelta(minutes=3)  # a run that says nothing for so long was killed
LARGEST_BIGINT = 2**63 - 1


class Scope(models.Model):
    """One namespace of a lake, with its sums, and how far its filling is."""

    lake = models.CharField(max_length=60, help_text="Name of the service in services.toml")
    name = models.CharField(max_length=60, db_collation="C")
    account = models.CharField(max_length=60, blank=True)
    gone = models.BooleanField(default=False)
    containers = models.PositiveBigIntegerField(default=0)
    datasets = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    # A sum of sizes may pass the largest bigint, which one size may be already.
    bytes = models.DecimalField(
        max_digits=60, decimal_places=0, default=0, help_text="Of the files, or where these are not indexed of the datasets"
    )
    counted_at = models.DateTimeField(null=True)
    count_seconds = models.FloatField(default=0.0)
    # The slow pass over all names: where it stands, and when one was last finished.
    walk_after = models.CharField(max_length=500, blank=True, db_collation="C")
    walk_began = models.DateTimeField(null=True)
    walked_at = models.DateTimeField(null=True, help_text="Deletions before then are known")
    # Up to when new DIDs and new words about them are known.
    names_until = models.DateTimeField(null=True)
    words_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="What the scope held then is known, save what is noted as a problem")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["lake", "name"], name="a_scope_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def total(self) -> int:
        return self.containers + self.datasets + self.files

    @property
    def ready(self) -> bool:
        """Whether every name has been seen once."""
        return self.walked_at is not None


class Entry(models.Model):
    """One DID. `meta` has what people said, with its JSON types."""

    scope = models.ForeignKey(Scope, models.CASCADE, related_name="entries", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")  # by code point, as the pages of a listing go
    type = models.CharField(max_length=9)
    bytes = models.BigIntegerField(null=True, help_text="By which entries are sorted: the largest bigint where the size is larger")
    bytes_exact = models.DecimalField(max_digits=60, decimal_places=0, null=True, help_text="A size that passes a bigint")
    length = models.BigIntegerField(null=True)
    open = models.BooleanField(null=True)
    account = models.CharField(max_length=60, blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField(null=True)
    meta = models.JSONField(default=dict)
    measured = models.DateTimeField(null=True, help_text="When an open collection's size was last asked for")

    class Meta:
        verbose_name_plural = "entries"
        constraints = (models.UniqueConstraint(fields=["scope", "name"], name="a_did_once"),)
        indexes = (
            models.Index(fields=["name", "scope"], name="lake_by_name"),
            models.Index(Coalesce("bytes", -1), "scope", "name", name="lake_by_size"),
            models.Index(fields=["created", "scope", "name"], name="lake_by_date"),
            models.Index(fields=["scope", "type", "name"], condition=~Q(type="FILE"), name="lake_collections"),
            models.Index(fields=["measured"], condition=Q(open=True), name="lake_open"),
            GinIndex(fields=["meta"], name="lake_words"),
        )

    def __str__(self) -> str:
        return f"{self.scope.name}:{self.name}"

    @property
    def size(self) -> int | None:
        """The exact size in bytes; None where it is not known."""
        return self.bytes if self.bytes_exact is None else int(self.bytes_exact)

    @size.setter
    def size(self, value: int | None) -> None:
        self.bytes, self.bytes_exact = stored_size(value)


def stored_size(value: int | None) -> tuple[int | None, int | None]:
    """A size as the columns `bytes` and `bytes_exact` keep it."""
    return (value, None) if value is None or value <= LARGEST_BIGINT else (LARGEST_BIGINT, value)


class Key(models.Model):
    """A word by which DIDs of a scope are described, with its JSON type and its most frequent values."""

    scope = models.ForeignKey(Scope, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, help_text="string, number, boolean, array, object")
    count = models.PositiveBigIntegerField()
    values = models.JSONField(default=list, help_text="[value, count] of the most frequent")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scope", "name", "kind"], name="a_key_once"),)

    def __str__(self) -> str:
        return self.name


class Pending(models.Model):
    """A DID that Rucio named as new, or as described anew, and that was not asked about yet."""

    scope = models.ForeignKey(Scope, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")
    words = models.BooleanField(help_text="What is said of it, otherwise what it is")

    class Meta:
        verbose_name_plural = "pending"
        constraints = (models.UniqueConstraint(fields=["scope", "words", "name"], name="pending_once"),)


class Seen(models.Model):
    """A name that the slow pass under way has met; what it has not met by its end may be gone."""

    scope = models.ForeignKey(Scope, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")

    class Meta:
        verbose_name_plural = "seen"
        indexes = (models.Index(fields=["scope", "name"], name="lake_seen"),)


class Problem(models.Model):
    """Something in a lake that the index could not take: a DID, a row of a listing, or a whole scope (then `name` is empty)."""

    class Part(models.TextChoices):
        SCOPE = "scope", "whole scope"
        NAME = "name", "name"
        FACTS = "facts", "DID"
        WORDS = "words", "metadata"
        SIZE = "size", "size"

    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=500, db_collation="C", help_text="As Rucio names it, also where it is no row of ours")
    part = models.CharField(max_length=5, choices=Part)
    name = models.CharField(max_length=500, blank=True, db_collation="C")
    reason = models.CharField(max_length=500)
    since = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(default=timezone.now, help_text="When it failed last")
    tries = models.PositiveIntegerField(default=1)
    retry_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("scope", "part", "name")
        constraints = (models.UniqueConstraint(fields=["lake", "scope", "part", "name"], name="a_problem_once"),)
        indexes = (models.Index(fields=["lake", "scope", "retry_at"], name="lake_problems_due"),)

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}" if self.name else self.scope


class RunQuerySet(models.QuerySet["Run"]):
    """The fillings of a lake."""

    def begin(self, lake: str, *, full: bool) -> "Run | None":
        """A new run, or None while another is at work."""
        give_up = methodcaller("end", Run.State.FAILED, "It was stopped half way; the next one goes on from there.")
        return only_run(self, {"lake": lake}, silent=SILENT, give_up=give_up, full=full)


class Run(models.Model):
    """One filling of a lake's index."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    lake = models.CharField(max_length=60)
    full = models.BooleanField(help_text="A pass over all names, which notices deletions")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    scope = models.CharField(max_length=60, blank=True, help_text="Where it is")
    read = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    described = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[RunQuerySet] = RunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-began_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["lake"], condition=Q(state="running"), name="one_runner_a_lake"),)
        indexes = (models.Index(fields=["lake", "-began_at"], name="lake_runs"),)

    def __str__(self) -> str:
        return f"{self.lake}: {self.state}"

    def heard(self, **counts: int) -> bool:
        """Say that the run is alive and what it did; False when another has taken over, and this one has to stop."""
        for name, more in counts.items():
            setattr(self, name, getattr(self, name) + more)
        fields: dict[str, Any] = {name: getattr(self, name) for name in ("scope", "read", "changed", "described", "removed")}
        alive = Run.objects.filter(pk=self.pk, state=self.State.RUNNING)
        return bool(alive.update(heard_at=timezone.now(), **fields))

    def end(self, state: "Run.State", error: str = "") -> None:
        self.state, self.error, self.ended_at = state, error[:500], timezone.now()
        Run.objects.filter(pk=self.pk, state=self.State.RUNNING).update(state=state, error=self.error, ended_at=self.ended_at)


class Saved(models.Model):
    """A search with a name, for the person who keeps it; deleted ones wait a while for an undo."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    lake = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=4000, help_text="The search as the query of an address")
    made_at = models.DateTimeField(default=timezone.now)
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name_plural = "saved"
        constraints = (models.UniqueConstraint(fields=["user", "lake", "name"], condition=Q(deleted_at=None), name="a_saved_name_once"),)

    def __str__(self) -> str:
        return self.name
