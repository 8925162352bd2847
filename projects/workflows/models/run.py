"""A launch of a specification: the intent first, then what REANA says of it and what came out."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any, ClassVar, override

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datalake.pages.addresses import did_address
from projects.audience import Origin
from projects.models import Project
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.launching.overrides import applied, rows
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models.document import Document
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.run_queries import LISTED_WITHIN, REQUEST_LASTS, RunQuerySet
from projects.workflows.models.specification import Specification
from projects.workflows.models.version import SpecificationVersion
from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.jobs import lease
from vre_portal.jobs.models import Job
from vre_portal.pages import expires_in
from vre_portal.text import plain, storable


def topic_of(run: int) -> str:
    """What open pages that show the run of this key listen to."""
    return f"run-{run}"


class Run(Document, Job):
    """One launch of a specification: the intent first, then what REANA says of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SUBMITTING = "submitting", _("submitting")
        CREATED = "created", _("created")
        PENDING = "pending", _("pending")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")
        DELETED = "deleted", _("deleted")

    UNSUBMITTED = (Status.QUEUED, Status.SUBMITTING)
    ACTIVE = (Status.CREATED, Status.PENDING, Status.RUNNING)
    ENDED = (Status.FINISHED, Status.FAILED, Status.STOPPED, Status.DELETED)

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="runs")
    specification = models.ForeignKey(Specification, models.PROTECT, related_name="runs")
    version = models.ForeignKey(
        SpecificationVersion, models.PROTECT, null=True, blank=True, related_name="runs", help_text=_("Empty for runs of earlier portals")
    )
    commit = models.CharField(max_length=64, blank=True)
    code = models.JSONField(default=dict, help_text=_("Path in the workspace -> text, of a run without a version"))
    parameters = ExactJSONField(default=dict)
    overrides = models.JSONField(default=dict, help_text=_("Number of a step -> its name, and what this run changes in it"))
    inputs = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"}'))
    attached = models.JSONField(
        default=dict, db_default={}, help_text=_('Path in the workspace -> {"file"} (of a run) or {"stored"} (sha256 of an uploaded file)')
    )
    inputs_note = models.TextField(blank=True, help_text=_("What its data wait for"))
    quota_note = models.TextField(blank=True, default="", db_default="", help_text=_("Which quota it waits for, while it does"))
    quota_since = models.DateTimeField(null=True, blank=True, help_text=_("Since when it waits for room in the quota of its person"))
    fetch_commands = models.JSONField(default=list, help_text=_("Commands of the portal's own step before the first, one for each file"))
    image_digests = models.JSONField(
        default=dict, db_default={}, help_text=_("Name of an image -> the digest that its registry gave for it when the run was launched")
    )
    key = models.UUIDField(help_text=_("The identifier of the form: submitting the same form twice gives one run"))
    server = models.CharField(max_length=60)
    name = models.CharField(max_length=60, unique=True, help_text=_("The name of the workflow at REANA"))
    remote_id = models.CharField(max_length=60, blank=True)
    remote_status = models.CharField(max_length=20, blank=True, help_text=_("REANA's own word for the status"))
    made_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("The run whose values the launch form began with")
    )
    continues = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="continuations", help_text=_("The failed run that this one continues")
    )
    workspace_name = models.CharField(
        max_length=60, blank=True, db_index=True, help_text=_("The name at REANA of the run whose workspace it shares, if it continues one")
    )
    from_step = models.CharField(max_length=300, blank=True, help_text=_("The step at which it begins, if it continues another run"))
    remote_before = models.JSONField(
        null=True, help_text=_("IDs of the workflows in the same workspace before REANA was asked for this one")
    )
    workspace_deleted_at = models.DateTimeField(null=True, blank=True, help_text=_("When its files at REANA were deleted"))
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    steps = models.JSONField(default=list, help_text=_("name, state, log, started, finished, environment of each job, as last reported"))
    files = models.JSONField(default=list, help_text=_("Unused: earlier versions listed the workspace here; it is in RunFile now"))
    files_total = models.PositiveIntegerField(
        default=0, help_text=_("Number of files listed by REANA, including those that are not in RunFile")
    )
    files_note = models.TextField(blank=True, help_text=_("What is missing in the list of files"))
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the files of the workspace were listed after the run had ended")
    )
    interim_listed_at = models.DateTimeField(null=True, blank=True, help_text=_("When they were listed while the run had not ended"))
    list_asked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When somebody asked to list them now; empty when that is done")
    )
    collected_at = models.DateTimeField(null=True, blank=True, help_text=_("When copying was complete"))
    title = models.CharField(max_length=200, blank=True, help_text=_("What people call it; its number where empty"))
    note = models.TextField(blank=True, help_text=_("Remarks of people"))
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when lists leave it out unless archived runs are asked for")
    )
    published_at = models.DateTimeField(null=True, blank=True, help_text=_("When it became visible to everybody who can see the project"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    failure_seen_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the person who launched it first opened its page after it had failed")
    )
    was_public = models.BooleanField(
        default=False, help_text=_("Everybody could see it in an earlier version; the project leads have not decided yet")
    )

    objects: ClassVar[RunQuerySet] = RunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["project", "number"], name="run_number_in_project"),
            models.UniqueConstraint(fields=["by", "key"], name="one_run_per_form"),
        )
        indexes = (
            models.Index(fields=["status", "lease_until"]),
            models.Index(fields=["finished_at"], condition=models.Q(listed_at=None), name="runs_not_listed"),
            models.Index(fields=["list_asked_at"], condition=models.Q(list_asked_at__isnull=False), name="runs_asked_to_list"),
        )

    def __str__(self) -> str:
        return gettext("Run %(number)s of %(workflow)s") % {"number": self.number, "workflow": self.specification}

    def get_absolute_url(self) -> str:
        return reverse("workflows:run", args=[self.project.slug, self.number])

    @staticmethod
    def new_name() -> str:
        """A name that nobody else gives: REANA lets one name stand for many runs."""
        return f"vre-{uuid.uuid4().hex}"

    @property
    def label(self) -> str:
        """What a list calls it: its name, or its number."""
        return plain(self.title) or gettext("Run %(number)s") % {"number": self.number}

    @property
    def ended(self) -> bool:
        return self.status in self.ENDED

    @property
    def stopping(self) -> bool:
        return self.stop_asked_at is not None and not self.ended

    @property
    def changing(self) -> bool:
        """Whether a page of it will look different soon."""
        return not self.ended or self.fetching or self.pictures_in_work > 0

    @property
    def fetching(self) -> bool:
        """Whether it has ended and files of it are still to be listed or copied."""
        if not self.ended:
            return False
        is_finished = self.status == self.Status.FINISHED
        is_listing = self.is_list_asked or (self.collected_at is None if is_finished else self.awaits_list)
        return is_listing or self.waiting_files > 0

    @property
    def is_list_asked(self) -> bool:
        """Whether somebody has just asked for the files as they are now."""
        return self.list_asked_at is not None and timezone.now() - self.list_asked_at <= REQUEST_LASTS

    @property
    def awaits_list(self) -> bool:
        """Whether its files are about to be listed, as `awaiting_list` asks the database."""
        if self.is_list_asked:
            return True
        if self.listed_at or self.status not in (self.Status.FINISHED, self.Status.FAILED, self.Status.STOPPED):
            return False
        if self.status == self.Status.FINISHED:
            return True
        is_recent = self.finished_at is not None and timezone.now() - self.finished_at <= LISTED_WITHIN
        return is_recent and self.has_workspace

    @property
    def has_workspace(self) -> bool:
        """Whether REANA began it, so that files of it may be there."""
        has_begun = self.started_at is not None or self.status in (*self.ACTIVE, self.Status.FINISHED)
        return has_begun and bool(self.remote_id) and not self.workspace_deleted_at and self.status != self.Status.DELETED

    @property
    def files_as_of(self) -> datetime | None:
        """When the list of its files was read; None where nobody has read one."""
        return self.listed_at or self.interim_listed_at

    @cached_property
    def waiting_files(self) -> int:
        """How many files of it are still to be copied, once it has ended."""
        return self.outputs.waiting().count() if self.ended and self.files_as_of else 0

    @cached_property
    def pictures_in_work(self) -> int:
        """How many pictures of it are still to be made small, once it has ended."""
        return self.outputs.filter(thumbnail_state="wanted").count() if self.ended and self.files_as_of else 0

    @property
    def is_withdrawn(self) -> bool:
        """Whether its result was withdrawn: such a run is neither published nor kept again."""
        result = getattr(self, "result", None)
        return result is not None and result.is_withdrawn

    @property
    def can_be_kept(self) -> bool:
        """Whether all that will come has come."""
        return self.status == self.Status.FINISHED and not self.fetching

    @property
    def remote_name(self) -> str:
        """The name of the workflow at REANA; runs that continue another one share it."""
        return self.workspace_name or self.name

    @property
    def digest(self) -> str:
        """Changes when a page of it would look different."""
        seen = [
            self.status,
            self.error,
            self.inputs_note,
            self.quota_note,
            self.steps,
            str(self.stop_asked_at),
            str(self.listed_at),
            str(self.interim_listed_at),
            self.awaits_list,
            self.files_note,
            str(self.collected_at),
            str(self.published_at),
            str(self.workspace_deleted_at),
            self.remote_status,
            self.waiting_files,
            self.pictures_in_work,
            self.ended or int(timezone.now().timestamp()) // 5,  # a page that shows how long it has been running
        ]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]

    @property
    def seconds(self) -> float | None:
        """How long it has been, or was, running."""
        if self.started_at is None:
            return None
        if self.finished_at is None:
            expires_in(0)  # another answer each second
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def content(self) -> dict[str, Any]:
        """The reana.yaml as REANA is sent it, with what this run changes in its steps."""
        return applied(super().content, self.overrides)

    @property
    def step_specifications(self) -> list[dict[str, Any]]:
        """The steps with the environments that this run gives them."""
        steps = enumerate(super().step_specifications)
        return [
            {**step, "environment": self.overrides.get(str(number), {}).get("environment", step["environment"])} for number, step in steps
        ]

    @property
    def override_rows(self) -> list[tuple[str, str, str, str]]:
        """Step, setting, value in this run and in the specification, of each difference."""
        return rows(super().content, self.overrides)

    @property
    @override
    def stored_reading(self) -> dict[str, Any]:
        return self.version.reading if self.version else {}

    @property
    @override
    def parameters_from_file(self) -> dict[str, Any] | None:
        return self.version.parameters_from_file if self.version else None

    @cached_property
    def stored_paths(self) -> frozenset[str]:
        """Where in the workspace the files of its specification go."""
        return frozenset(self.version.files.values_list("path", flat=True)) if self.version else frozenset(self.code)

    @cached_property
    def data_paths(self) -> frozenset[str]:
        """Where in the workspace data of the lake and of other runs go, file by file: not everybody who sees the run may read all of them."""
        return self.with_data_paths(self.input_files.values_list("path", flat=True))

    def with_data_paths(self, read: Iterable[str]) -> frozenset[str]:
        """The same, where the files of its datasets are known."""
        paths = (*self.inputs, *self.attached, *read)
        return frozenset(str(PurePosixPath(path)) for path in paths)  # as REANA names them, however a specification writes them: "./x"

    def stored_files(self) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
        """Path, size and content of each of them; the content is read when it is asked for."""
        if self.version is None:
            for path, text in self.code.items():
                body = text.encode()
                yield path, len(body), partial(bytes, body)
            return
        for file in self.version.files.select_related("stored"):
            yield file.path, file.stored.size, file.stored.read

    @property
    def is_outdated(self) -> bool:
        """Whether the workflow has a newer version than the one that this run used."""
        return self.version_id is not None and self.version_id != self.specification.current_id

    @property
    def parameter_rows(self) -> list[tuple[str, str, str]]:
        """Label, value as text and unit of each parameter, in the order of the specification."""
        hints = self.specification.hints
        known = [name for name in self.default_parameters if name in self.parameters]
        return [(hints.of(name).label or name, as_shown(self.parameters[name]), hints.of(name).unit) for name in known]

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
        """It read data of these scopes, too; people who may not read them do not see it from now on."""
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

    def workspace_deleted(self) -> None:
        """Its files at REANA are gone, and those of the runs that share its workspace."""
        sharing = Run.objects.sharing_workspace(self)
        for number in sharing.filter(workspace_deleted_at=None).values_list("pk", flat=True):
            events.publish(topic_of(number), "run")
        sharing.update(workspace_deleted_at=timezone.now())

    def describe(self, *, title: str, note: str) -> None:
        """What people say of it, which no worker has to hold the run for."""
        type(self).objects.filter(pk=self.pk).update(title=title, note=note)
        self.title, self.note = title, note

    def archive(self, is_archived: bool) -> None:
        """Leave it out of lists from now on, or show it there again."""
        self.archived_at = (self.archived_at or timezone.now()) if is_archived else None
        type(self).objects.filter(pk=self.pk).update(archived_at=self.archived_at)

    def failure_was_seen(self) -> None:
        """The person who launched it has opened its page since it failed, so their dashboard no longer lists it."""
        now = timezone.now()
        if type(self).objects.filter(pk=self.pk, status=self.Status.FAILED, failure_seen_at=None).update(failure_seen_at=now):
            self.failure_seen_at = now

    def _decided(self, **fields: Any) -> None:
        """A fact that no worker has to hold the run for."""
        type(self).objects.filter(pk=self.pk).update(was_public=False, **fields)
        events.publish(topic_of(self.pk), "run")
        for name, value in fields.items():
            setattr(self, name, value)

    def submitting(self) -> None:
        """A worker has begun to bring it to REANA."""
        self.write(status=self.Status.SUBMITTING)

    def created_remotely(self, remote_id: str) -> None:
        """It exists at REANA: from here on it is found by this id."""
        self.write(remote_id=remote_id)

    def noted_before(self, remote_ids: list[str]) -> None:
        """These workflows were in its workspace before REANA is asked for this one."""
        self.write(remote_before=remote_ids)

    def started(self) -> None:
        """REANA took it."""
        now = timezone.now()
        self.write(status=self.Status.PENDING, started_at=self.started_at or now, error="", quota_note="", quota_since=None)

    def not_begun(self) -> None:
        """REANA has it and has not begun it: it is brought there once more."""
        self.write(status=self.Status.SUBMITTING, started_at=None, error="")

    def refused(self, why: str) -> None:
        """It will not run; what was typed stays and can be launched again with changes."""
        self.write(status=self.Status.FAILED, error=storable(why), finished_at=timezone.now())

    def seen(self, status: str, steps: list[dict[str, Any]], *, error: str = "", word: str = "") -> None:
        """What REANA says now; `word` is its own word for the status."""
        now = timezone.now()
        ended = now if status in self.ENDED and self.finished_at is None else self.finished_at
        said = storable(word)[:20]
        self.write(status=self.Status(status), steps=steps, error=error, checked_at=now, finished_at=ended, remote_status=said)

    def noted_inputs(self, note: str) -> None:
        """What its data wait for; empty where they wait for nothing."""
        if self.inputs_note != storable(note):
            self.write(inputs_note=storable(note))

    def noted_images(self, digests: dict[str, str]) -> None:
        """Which images the names in it stand for now, as far as their registries say."""
        if digests:
            self.write(image_digests=digests)

    def delayed(self, why: str) -> None:
        """It could not be brought to REANA this time."""
        self.write(error=storable(why), quota_note="")

    def waits_for_quota(self, why: str, since: datetime) -> None:
        """Its person's quota at REANA is used up; it has waited for room since then."""
        self.write(status=self.Status.QUEUED, error="", quota_note=storable(why), quota_since=since)

    def unseen(self, why: str) -> None:
        """REANA could not be asked: what is known stays, with its age. Of a run that has ended only its files can be asked for."""
        if self.ended:
            self.not_listed(why)
        elif self.error != storable(why):
            self.write(error=storable(why))

    def ask_to_stop(self) -> None:
        """Somebody wants it to end: a wish, which no worker has to hold the run for."""
        now = timezone.now()
        # One that pauses (its quota is used up, its data are on tape) is taken up at once.
        if type(self).objects.filter(pk=self.pk, stop_asked_at=None).update(stop_asked_at=now, lease_until=lease.freed()):
            self.stop_asked_at = now
            events.publish(topic_of(self.pk), "run")

    def stopped(self) -> None:
        self.write(status=self.Status.STOPPED, finished_at=timezone.now(), error="")

    def listed(self, total: int, note: str = "") -> None:
        """The files of its workspace are known, as far as `note` says; of a run that goes on as they were at this time."""
        now = timezone.now()
        interim_at, at = (self.interim_listed_at, now) if self.ended else (now, self.listed_at)
        self.write(files_total=total, files_note=storable(note), list_asked_at=None, interim_listed_at=interim_at, listed_at=at)

    def not_listed(self, why: str, *, is_over: bool = False) -> None:
        """The files of its workspace could not be listed this time; `is_over` where that is not tried again."""
        if is_over:
            self.write(files_note=storable(why), list_asked_at=None)
        elif self.files_note != storable(why):
            self.write(files_note=storable(why))

    def ask_for_list(self) -> None:
        """Somebody wants to see its files as they are now: a wish, which no worker has to hold the run for."""
        now = timezone.now()
        type(self).objects.filter(pk=self.pk).update(list_asked_at=now)
        self.list_asked_at = now
        events.publish(topic_of(self.pk), "files")

    def collected(self) -> None:
        """Nothing is left to be copied: a fact that nobody has to hold the run for."""
        now = timezone.now()
        if type(self).objects.filter(pk=self.pk, collected_at=None).update(collected_at=now):
            self.collected_at = now
            events.publish(topic_of(self.pk), "files")
