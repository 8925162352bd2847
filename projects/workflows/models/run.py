"""A launch of a specification: the intent first, then what REANA says of it and what came out."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from projects.workflows.models.specification import Document, Specification
from vre_portal.lease import Lease
from vre_portal.text import storable


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

    @property
    def wants_token(self) -> bool:
        """Whether what went wrong is mended by storing a token: a service's refusal ends with the address of the page."""
        return reverse("stored:tokens") in self.error

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
