"""Specifications, runs of them, the files they made, and what was kept: each row is the truth, the broker only hurries it."""

import hashlib
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import yaml
from django.conf import settings
from django.db import OperationalError, connection, models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from projects.models import Project
from vre_portal.text import storable

logger = logging.getLogger(__name__)


class Document(models.Model):
    """Something that holds a reana.yaml; kept as text, for JSON columns forget the order in which parameters were written."""

    text = models.TextField(help_text="The reana.yaml as it was written")

    class Meta:
        abstract = True

    @cached_property
    def content(self) -> dict[str, Any]:
        """The parsed reana.yaml."""
        return dict(yaml.safe_load(self.text) or {})

    @property
    def default_parameters(self) -> dict[str, Any]:
        """The parameters with their default values, in the order of the file."""
        return dict((self.content.get("inputs") or {}).get("parameters") or {})

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """Name, environment and commands of each step; empty for engines whose steps only the engine knows."""
        found = ((self.content.get("workflow") or {}).get("specification") or {}).get("steps") or []
        return [
            {"name": step.get("name") or f"step {number}", "environment": step.get("environment", ""), "commands": step.get("commands", [])}
            for number, step in enumerate(found, 1)
        ]

    @property
    def expected_outputs(self) -> list[str]:
        """The files that a run is expected to make."""
        return list((self.content.get("outputs") or {}).get("files") or [])


class Specification(Document):
    """A reana.yaml of a project with its code, as of one commit of where it comes from."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="specifications")
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True, help_text="Repository address")
    commit = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    code = models.JSONField(default=dict, help_text="Path in the workspace -> text of each code file")
    data = models.JSONField(default=dict, help_text='Path in the workspace -> {"lake", "did"} of each data file')
    facts = models.JSONField(default=dict, help_text="Parameter -> label, unit, hint, minimum, maximum, choices")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=["project", "name"], name="a_specification_once"),)

    def __str__(self) -> str:
        return self.title


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
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        rows = cls._default_manager.filter(free, pk=pk, **conditions)
        return bool(rows.update(lease_until=now + timedelta(seconds=settings.LEASE_SECONDS), attempt=F("attempt") + 1))

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


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by what is to be done with them."""

    def unsubmitted(self) -> "RunQuerySet":
        """Wanted by somebody and not yet started out there."""
        return self.filter(status__in=Run.UNSUBMITTED)

    def active(self) -> "RunQuerySet":
        """Started out there and not known to have ended."""
        return self.filter(status__in=Run.ACTIVE)


class Run(Document, Lease):
    """One launch of a specification: the intent first, then what REANA says of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        SUBMITTING = "submitting", "submitting"
        CREATED = "created", "created"
        PENDING = "pending", "pending"
        RUNNING = "running", "running"
        FINISHED = "finished", "finished"
        FAILED = "failed", "failed"
        STOPPED = "stopped", "stopped"
        DELETED = "deleted", "deleted"

    UNSUBMITTED = (Status.QUEUED, Status.SUBMITTING)
    ACTIVE = (Status.CREATED, Status.PENDING, Status.RUNNING)
    ENDED = (Status.FINISHED, Status.FAILED, Status.STOPPED, Status.DELETED)

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="runs")
    specification = models.ForeignKey(Specification, models.PROTECT, related_name="runs")
    commit = models.CharField(max_length=64, blank=True)
    code = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict, help_text='Path in the workspace -> {"lake", "did"}')
    key = models.UUIDField(help_text="The form's own id: the same form sent twice is one run")
    server = models.CharField(max_length=60)
    name = models.CharField(max_length=60, unique=True, help_text="Our name for it at REANA, by which we find it again")
    remote_id = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    steps = models.JSONField(default=list, help_text="name, state, log, started, finished, environment of each job, as last seen")
    files = models.JSONField(default=list, help_text="name and size of what the workspace holds at the end")
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    collected_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[RunQuerySet] = RunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["project", "number"], name="run_number_in_project"),
            models.UniqueConstraint(fields=["by", "key"], name="one_run_per_form"),
        )
        indexes = (models.Index(fields=["status", "lease_until"]),)

    def __str__(self) -> str:
        return f"Run {self.number} of {self.specification}"

    def get_absolute_url(self) -> str:
        return reverse("workflows:run", args=[self.project.slug, self.number])

    @staticmethod
    def new_name() -> str:
        """A name that nobody else gives: REANA lets one name stand for many runs."""
        return f"vre-{uuid.uuid4().hex}"

    @property
    def ended(self) -> bool:
        return self.status in self.ENDED

    @property
    def stopping(self) -> bool:
        return self.stop_asked_at is not None and not self.ended

    @property
    def changing(self) -> bool:
        """Whether a page of it will look different soon."""
        return not self.ended or (self.status == self.Status.FINISHED and self.collected_at is None)

    @property
    def digest(self) -> str:
        """Changes when a page of it would look different."""
        seen = [
            self.status,
            self.error,
            self.steps,
            str(self.stop_asked_at),
            str(self.collected_at),
            self.ended or int(timezone.now().timestamp()) // 5,  # a page that shows how long it has been running
        ]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]

    @property
    def seconds(self) -> float | None:
        """How long it has been, or was, running."""
        if self.started_at is None:
            return None
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def parameter_rows(self) -> list[tuple[str, Any, str]]:
        """Label, value and unit of each parameter, in the order of the specification."""
        facts = self.specification.facts
        known = [name for name in self.default_parameters if name in self.parameters]
        return [(facts.get(name, {}).get("label") or name, self.parameters[name], facts.get(name, {}).get("unit", "")) for name in known]

    @property
    def input_rows(self) -> list[tuple[str, str, str]]:
        """Path, DID and the DID's page of each data file."""
        rows = []
        for path, source in sorted(self.inputs.items()):
            scope, _, name = source["did"].partition(":")
            rows.append((path, source["did"], reverse("datalake:did", args=[source["lake"], scope, name])))
        return rows

    @property
    def failed_step(self) -> dict[str, Any] | None:
        """The first step that failed, for the top of the page."""
        return next((step for step in self.steps if step.get("state") == self.Status.FAILED), None)

    def submitting(self) -> None:
        """A worker has begun to bring it to REANA."""
        self.status = self.Status.SUBMITTING
        self.save(update_fields=["status"])

    def created_remotely(self, remote_id: str) -> None:
        """It exists at REANA: from here on it is found by this id."""
        self.remote_id = remote_id
        self.save(update_fields=["remote_id"])

    def started(self) -> None:
        """REANA took it."""
        self.status, self.started_at, self.error = self.Status.PENDING, self.started_at or timezone.now(), ""
        self.lease_until = None
        self.save(update_fields=["status", "started_at", "error", "lease_until"])

    def refused(self, why: str) -> None:
        """It will not run; what was typed stays and can be launched again with changes."""
        self.status, self.error, self.finished_at, self.lease_until = self.Status.FAILED, storable(why), timezone.now(), None
        self.save(update_fields=["status", "error", "finished_at", "lease_until"])

    def delayed(self, why: str) -> None:
        """It did not work this time; the sweep tries again."""
        self.error, self.lease_until = storable(why), timezone.now() + timedelta(seconds=min(60, 2 * self.attempt + 1))
        self.save(update_fields=["error", "lease_until"])

    def seen(self, status: str, steps: list[dict[str, Any]], *, error: str = "") -> None:
        """What REANA says now."""
        now = timezone.now()
        if status in self.ENDED and self.finished_at is None:
            self.finished_at = now
        self.status, self.steps, self.error, self.checked_at = self.Status(status), steps, error, now
        self.save(update_fields=["status", "steps", "error", "checked_at", "finished_at"])

    def unseen(self, why: str) -> None:
        """REANA could not be asked: what is known stays, with its age."""
        if self.error != storable(why):
            self.error = storable(why)
            self.save(update_fields=["error"])

    def ask_to_stop(self) -> None:
        self.stop_asked_at = self.stop_asked_at or timezone.now()
        self.save(update_fields=["stop_asked_at"])

    def stopped(self) -> None:
        self.status, self.finished_at, self.lease_until, self.error = self.Status.STOPPED, timezone.now(), None, ""
        self.save(update_fields=["status", "finished_at", "lease_until", "error"])

    def collected(self, files: list[dict[str, Any]]) -> None:
        """Its outputs are here."""
        self.files, self.collected_at = files, timezone.now()
        self.save(update_fields=["files", "collected_at"])


class RunFile(models.Model):
    """An output of a run, copied here so that the page needs no REANA and those who may see the run may see it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="outputs")
    path = models.CharField(max_length=500)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="runs/%Y/%m/", max_length=300)

    class Meta:
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=["run", "path"], name="an_output_once"),)

    def __str__(self) -> str:
        return self.path

    @property
    def is_picture(self) -> bool:
        return self.path.lower().endswith(".png")

    @property
    def is_table(self) -> bool:
        return self.path.lower().endswith(".csv")


class Keep(Lease):
    """Chosen outputs of a run on their way into the Data Lake as a dataset, with a rule for a second copy."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        UPLOADING = "uploading", "uploading"
        REPLICATING = "REPLICATING", "REPLICATING"
        OK = "OK", "OK"
        STUCK = "STUCK", "STUCK"
        FAILED = "failed", "failed"

    run = models.ForeignKey(Run, models.CASCADE, related_name="keeps")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.UUIDField()
    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=60)
    dataset = models.CharField(max_length=200)
    paths = models.JSONField(help_text="The outputs that were chosen")
    uploaded = models.JSONField(default=list, help_text="The outputs that are in the lake")
    rse = models.CharField(max_length=100, help_text="Where the files are written")
    copy_rse = models.CharField(max_length=100, help_text="Where the rule asks for a second copy")
    rule = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    locks = models.JSONField(default=dict, help_text="Counts of the rule's locks: ok, replicating, stuck")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["by", "key"], name="one_keep_per_form"),
            models.UniqueConstraint(fields=["lake", "scope", "dataset"], name="a_dataset_is_kept_once"),
        )

    def __str__(self) -> str:
        return f"{self.scope}:{self.dataset}"

    @property
    def ended(self) -> bool:
        return self.status in (self.Status.OK, self.Status.FAILED)

    def moved(self, status: str, *, error: str = "", **fields: Any) -> None:
        """It is one stage further, or stays where it is with a reason."""
        self.status, self.error = self.Status(status), storable(error)
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["status", "error", "changed_at", *fields])
