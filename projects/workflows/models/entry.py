"""A specification on its way in: fetched, read by a job, shown, and saved by the person."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.models.source import SourcedDocument
from projects.workflows.models.specification import Specification
from projects.workflows.models.version import SpecificationVersion
from vre_portal.jobs.models import Job
from vre_portal.repositories.models import Snapshot
from vre_portal.text import storable

KEPT_FOR = timedelta(days=7)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries as they are asked for."""

    def under_way(self) -> "EntryQuerySet":
        """Those that a worker has to do something for."""
        return self.filter(state__in=(Entry.State.FETCHING, Entry.State.READING))

    def unsaved(self) -> "EntryQuerySet":
        """Those that their person may still save, or see why they failed."""
        return self.exclude(state__in=(Entry.State.SAVED, *Entry.NOTHING_TO_SAVE))

    def asked_before(self, entry: "Entry") -> "EntryQuerySet":
        """Earlier ones by which the same person asked for the same of a repository."""
        same = self.filter(
            by=entry.by_id, project=entry.project_id, specification=entry.specification_id, base=entry.base_id, address=entry.address,
            ref=entry.ref, pk__lt=entry.pk,
        ).exclude(address="")  # fmt: skip
        return same if entry.specification_id else same.filter(path=entry.path)

    def expired(self) -> "EntryQuerySet":
        """Those that are older than KEPT_FOR."""
        return self.filter(created_at__lt=Now() - KEPT_FOR)


class Entry(SourcedDocument, Job):
    """What somebody wants to make a workflow of. Its files are stored when it was read, so that what was shown is what is saved."""

    class State(models.TextChoices):
        FETCHING = "fetching", _("fetching")
        CHOICE = "choice", _("to be chosen")
        READING = "reading", _("reading")
        READ = "read", _("ready to be saved")
        SAME = "same", _("unchanged")
        LOST = "lost", _("source not found")
        FAILED = "failed", _("failed")
        SAVED = "saved", _("saved")

    NOTHING_TO_SAVE = (State.SAME, State.LOST)  # an update that has ended; its workflow's page says how

    project = models.ForeignKey(Project, models.CASCADE, related_name="workflow_entries")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="workflow_entries")
    key = models.UUIDField(help_text=_("The identifier of the form: submitting the same form twice gives one entry"))
    specification = models.ForeignKey(
        Specification, models.CASCADE, null=True, blank=True, related_name="+", help_text=_("The workflow that gets a new version")
    )
    version = models.ForeignKey(
        SpecificationVersion, models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("What it was saved as")
    )
    base = models.ForeignKey(
        SpecificationVersion, models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("The version whose files are taken")
    )
    seen = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Number of the version that was current when the person began to change the workflow")
    )
    snapshot = models.ForeignKey(Snapshot, models.SET_NULL, null=True, blank=True, related_name="+")
    upload = models.FileField(upload_to="entries/", blank=True)
    removed = models.JSONField(default=list, blank=True, help_text=_("Files of the base version that are left out"))
    state = models.CharField(max_length=10, choices=State, default=State.FETCHING)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it failed, or what it waits for"))
    name = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200, blank=True)
    choices = models.JSONField(default=list, blank=True, help_text=_("path, engine and title of each specification that was found"))
    listing = models.JSONField(default=list, blank=True, help_text=_("path in the workspace, sha256 and size of each file"))
    unbound = models.JSONField(default=list, blank=True, help_text=_("path and reason of each input that is not among the files"))
    created_at = models.DateTimeField(default=timezone.now)

    displaced: tuple[str, ...] = ()  # earlier ones that were deleted to make room for this new one

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = _("workflows that are being added")
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="one_entry_per_form"),)

    def __str__(self) -> str:
        return self.title or self.path or self.address or self.get_origin_display()

    def get_absolute_url(self) -> str:
        return reverse("workflows:entry", args=[self.project.slug, self.pk])

    @property
    def changed_meanwhile(self) -> bool:
        """Whether somebody has saved another version since the person began."""
        current = self.specification.current if self.specification else None
        return self.seen is not None and current is not None and current.number != self.seen

    @property
    def is_changing(self) -> bool:
        """Whether a page of it will look different soon."""
        return self.state in (self.State.FETCHING, self.State.READING)

    def failed(self, why: str) -> None:
        """It cannot be read; the person may begin again."""
        self.write(state=self.State.FAILED, reason=storable(why)[:500])

    def waits(self, why: str) -> None:
        """It is not done this time."""
        self.write(reason=storable(why)[:500])

    def understood(self, **facts: Any) -> None:
        """It was read and waits for its person."""
        self.write(state=self.State.READ, reason="", **facts)
