"""A launch of a specification: the intent first, then what REANA says of it and what came out."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext

from projects.audience import Origin
from projects.workflows.models.origin import RunOrigin
from projects.workflows.models.run_document import RunDocument
from projects.workflows.models.run_queries import LISTED_WITHIN, REQUEST_LASTS, RunQuerySet
from projects.workflows.models.run_topic import topic_of
from projects.workflows.models.run_transitions import RunTransitions
from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.pages import expires_in
from vre_portal.text import plain


class Run(RunDocument, RunTransitions):
    """One launch of a specification: the intent first, then what REANA says of it."""

    objects: ClassVar[RunQuerySet] = RunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["project", "number"], name="run_number_in_project"),
            models.UniqueConstraint(fields=["by", "key"], name="one_run_per_form"),
        )
        indexes = (
            models.Index(fields=["status", "lease_until"]),
            GinIndex(fields=["image_digests"], name="runs_by_image"),
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

    @cached_property
    def data_paths(self) -> frozenset[str]:
        """Where in the workspace data of the lake and of other runs go, file by file: not everybody who sees the run may read all of them."""
        return self.with_data_paths(self.input_files.values_list("path", flat=True))

    def with_data_paths(self, read: Iterable[str]) -> frozenset[str]:
        """The same, where the files of its datasets are known."""
        paths = (*self.inputs, *self.attached, *read)
        return frozenset(str(PurePosixPath(path)) for path in paths)  # as REANA names them, however a specification writes them: "./x"

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

    def _decided(self, **fields: Any) -> None:
        """A fact that no worker has to hold the run for."""
        type(self).objects.filter(pk=self.pk).update(was_public=False, **fields)
        events.publish(topic_of(self.pk), "run")
        for name, value in fields.items():
            setattr(self, name, value)
