"""A snapshot: the files of one commit of a repository, as they were fetched once."""

import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class RepositoryFile:
    """One file of a snapshot."""

    path: str
    size: int
    is_pointer: bool = False  # to a file in Git LFS, whose content is not here


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    """Snapshots as they are asked for."""

    def under_way(self) -> "SnapshotQuerySet":
        """Those that are not fetched yet."""
        return self.filter(state=Snapshot.State.QUEUED)

    def expired(self) -> "SnapshotQuerySet":
        """Those that are older than KEPT_FOR."""
        return self.filter(created_at__lt=Now() - KEPT_FOR)


class Snapshot(Job):
    """One commit of a repository, for the person who asked; what is read in it is offered, and nothing of it is ever run."""

    class State(models.TextChoices):
        QUEUED = "queued", _("fetching")
        READY = "ready", _("fetched")
        FAILED = "failed", _("failed")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="repository_snapshots")
    key = models.UUIDField(default=uuid.uuid4)
    address = models.CharField(_("address"), max_length=500)
    ref = models.CharField(_("branch, tag or commit"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it failed, or what it waits for"))
    commit = models.CharField(_("commit"), max_length=40, blank=True)
    listing = models.JSONField(default=list, blank=True, help_text="path, size and mark of each file")  # untranslated: on no page
    left_out = models.JSONField(default=dict, blank=True, help_text="reason: count and first names")  # untranslated: on no page
    offers = models.JSONField(default=list, blank=True, help_text="field, value and source")  # untranslated: on no page
    notes = models.JSONField(default=list, blank=True, help_text="files that could not be read")  # untranslated: on no page
    archive = models.FileField(upload_to="repositories/", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[SnapshotQuerySet] = SnapshotQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="one_fetch_per_press"),)

    def __str__(self) -> str:
        return f"{self.address} {self.commit[:8] or self.ref}".strip()

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_complete(self) -> bool:
        """Whether every file of the commit is here with its content."""
        return self.is_ready and not self.left_out

    def files(self) -> list[RepositoryFile]:
        """All files of the snapshot."""
        return [RepositoryFile(path, size, mark == "lfs") for path, size, mark in self.listing]

    def read(self, path: str) -> bytes:
        """The content of one file; raises KeyError where the snapshot has no such file."""
        with self.archive.open("rb") as stored, zipfile.ZipFile(stored) as archive:
            return archive.read(path)

    def contents(self) -> Iterator[tuple[RepositoryFile, bytes]]:
        """Each file with its content, one after another."""
        with self.archive.open("rb") as stored, zipfile.ZipFile(stored) as archive:
            for file in self.files():
                yield file, archive.read(file.path)

    def specifications(self) -> list[tuple[str, int]]:
        """The workflow specifications, each with the number of its steps; 0 where that is not known."""
        offered = self.offered()
        steps = offered.get("specification_steps", {}).get("value", {})
        return [(name, steps.get(name, 0)) for name in offered.get("specifications", {}).get("value", [])]

    def offered(self) -> dict[str, dict[str, Any]]:
        """The first offer for each field of a project: its value, and the file that it was read in."""
        first: dict[str, dict[str, Any]] = {}
        for offer in self.offers:
            first.setdefault(offer["field"], offer)
        return first
