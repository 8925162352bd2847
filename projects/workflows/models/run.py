"""A launch of a specification: the intent first, then what REANA says of it and what came out."""

import hashlib
import json
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from datalake.addresses import did_address
from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.specification import Document, Specification
from vre_portal.iam.models import User
from vre_portal.jobs.models import Job
from vre_portal.text import storable


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by what is to be done with them."""

    def unsubmitted(self) -> "RunQuerySet":
        """Wanted by somebody and not yet started out there."""
        return self.filter(status__in=Run.UNSUBMITTED)

    def active(self) -> "RunQuerySet":
        """Started out there and not known to have ended."""
        return self.filter(status__in=Run.ACTIVE)

    def visible_to(self, user: User | AnonymousUser) -> "RunQuerySet":
        """Runs that somebody may see: published ones of a project that they see, and all of their projects whose data they may read.

        Each says whether it `is_published`: seen by everybody who sees its project.
        """
        origins = RunOrigin.objects.scopes_of(self)
        readable = [origin for origin in origins if audience.can_read(user, origin)]
        mine = Project.objects.mine(user) if isinstance(user, User) and user.is_active else Project.objects.none()
        for_members = Q(project__in=mine) & Q(~RunOrigin.objects.other_than(readable))
        shown = self._shown_to_all(origins)
        visible = self.filter(project__in=Project.objects.visible_to(user)).filter(shown | for_members)
        return visible.annotate(is_published=ExpressionWrapper(shown, models.BooleanField()))

    def shown_to_all(self) -> "RunQuerySet":
        """Runs that everybody who sees their project may see: published, with every restricted scope they come from confirmed by an owner."""
        return self.filter(self._shown_to_all(RunOrigin.objects.scopes_of(self)))

    def publish(self, by: User) -> None:
        """Show all of them to everybody who sees their projects; what comes of restricted data needs an owner's word besides."""
        self.update(published_at=timezone.now(), published_by=by, was_public=False)

    @staticmethod
    def _shown_to_all(origins: list[Origin]) -> Q:
        unrestricted = [origin for origin in origins if not audience.is_restricted(origin)]
        return Q(published_at__isnull=False) & Q(~RunOrigin.objects.filter(confirmed_at=None).other_than(unrestricted))


class Run(Document, Job):
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
    parameters = ExactJSONField(default=dict)
    inputs = models.JSONField(default=dict, help_text='Path in the workspace -> {"lake", "did"}')
    key = models.UUIDField(help_text="The form's own id: the same form sent twice is one run")
    server = models.CharField(max_length=60)
    name = models.CharField(max_length=60, unique=True, help_text="Our name for it at REANA, by which we find it again")
    remote_id = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    steps = models.JSONField(default=list, help_text="name, state, log, started, finished, environment of each job, as last seen")
    files = models.JSONField(default=list, help_text="Unused: an earlier version listed the workspace here; RunFile has it now")
    files_total = models.PositiveIntegerField(default=0, help_text="How many files REANA listed, also those of which no row was made")
    files_note = models.TextField(blank=True, help_text="What the list of files lacks")
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True, help_text="When the workspace's files were listed")
    collected_at = models.DateTimeField(null=True, blank=True, help_text="When nothing was left to be copied")
    published_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is for everybody who sees the project")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    was_public = models.BooleanField(
        default=False, help_text="Everybody could read it before runs were for members; the leads have not decided yet"
    )

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
        return not self.ended or self.fetching

    @property
    def fetching(self) -> bool:
        """Whether files of it are still to be listed or copied."""
        return self.status == self.Status.FINISHED and (self.collected_at is None or self.waiting_files > 0)

    @cached_property
    def waiting_files(self) -> int:
        """How many files are still to be copied."""
        return self.outputs.waiting().count() if self.status == self.Status.FINISHED else 0

    @property
    def can_be_kept(self) -> bool:
        """Whether all that will come has come."""
        return self.status == self.Status.FINISHED and not self.fetching

    @property
    def digest(self) -> str:
        """Changes when a page of it would look different."""
        seen = [
            self.status,
            self.error,
            self.steps,
            str(self.stop_asked_at),
            str(self.listed_at),
            self.files_note,
            str(self.collected_at),
            str(self.published_at),
            self.waiting_files,
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
            rows.append((path, source["did"], did_address("did", source["lake"], scope, name)))
        return rows

    @property
    def wants_token(self) -> bool:
        """Whether what went wrong is mended by storing a token: a service's refusal ends with the address of the page."""
        return reverse("stored:tokens") in self.error

    def comes_from(self, *origins: Origin) -> None:
        """It read data of these scopes, too; whoever may not read them does not see it from now on."""
        rows = [RunOrigin(run=self, lake=origin.lake, scope=origin.scope) for origin in origins]
        RunOrigin.objects.bulk_create(rows, ignore_conflicts=True)

    def publish(self, by: User, confirmed: list[Origin]) -> None:
        """Everybody who sees the project sees it from now on, with what comes of the restricted scopes that an owner confirmed."""
        now = timezone.now()
        rows = [row.pk for row in self.origins.all() if row.origin in confirmed]
        self.origins.filter(pk__in=rows).update(confirmed_at=now, confirmed_by=by)
        self._decided(published_at=now, published_by=by)

    def unpublish(self) -> None:
        """It is for members again, and its data have to be confirmed anew."""
        self.origins.update(confirmed_at=None, confirmed_by=None)
        self._decided(published_at=None, published_by=None)

    def _decided(self, **fields: Any) -> None:
        """A fact that no worker has to hold the run for."""
        type(self).objects.filter(pk=self.pk).update(was_public=False, **fields)
        for name, value in fields.items():
            setattr(self, name, value)

    def submitting(self) -> None:
        """A worker has begun to bring it to REANA."""
        self.write(status=self.Status.SUBMITTING)

    def created_remotely(self, remote_id: str) -> None:
        """It exists at REANA: from here on it is found by this id."""
        self.write(remote_id=remote_id)

    def started(self) -> None:
        """REANA took it."""
        self.write(status=self.Status.PENDING, started_at=self.started_at or timezone.now(), error="")

    def refused(self, why: str) -> None:
        """It will not run; what was typed stays and can be launched again with changes."""
        self.write(status=self.Status.FAILED, error=storable(why), finished_at=timezone.now())

    def seen(self, status: str, steps: list[dict[str, Any]], *, error: str = "") -> None:
        """What REANA says now."""
        now = timezone.now()
        ended = now if status in self.ENDED and self.finished_at is None else self.finished_at
        self.write(status=self.Status(status), steps=steps, error=error, checked_at=now, finished_at=ended)

    def delayed(self, why: str) -> None:
        """It could not be brought to REANA this time."""
        self.write(error=storable(why))

    def unseen(self, why: str) -> None:
        """REANA could not be asked: what is known stays, with its age."""
        if self.error != storable(why):
            self.write(error=storable(why))

    def ask_to_stop(self) -> None:
        """Somebody wants it to end: a wish, which no worker has to hold the run for."""
        now = timezone.now()
        if type(self).objects.filter(pk=self.pk, stop_asked_at=None).update(stop_asked_at=now):
            self.stop_asked_at = now

    def stopped(self) -> None:
        self.write(status=self.Status.STOPPED, finished_at=timezone.now(), error="")

    def listed(self, total: int, note: str = "") -> None:
        """The files of its workspace are known, as far as `note` says."""
        self.write(files_total=total, files_note=storable(note), listed_at=timezone.now())

    def not_listed(self, why: str) -> None:
        """The files of its workspace could not be listed this time."""
        self.write(files_note=storable(why))

    def collected(self) -> None:
        """Nothing is left to be copied: a fact that nobody has to hold the run for."""
        now = timezone.now()
        if type(self).objects.filter(pk=self.pk, collected_at=None).update(collected_at=now):
            self.collected_at = now
