"""Outputs of a run on their way into the Data Lake."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.audience import Origin
from projects.workflows.models.run import Run
from vre_portal.jobs.models import Job
from vre_portal.text import storable


class Keep(Job):
    """Chosen outputs of a run on their way into the Data Lake as a dataset, with a rule for a second copy."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        UPLOADING = "uploading", _("uploading")
        REPLICATING = "REPLICATING", _("replicating")
        OK = "OK", _("ok")
        STUCK = "STUCK", _("stuck")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(Run, models.CASCADE, related_name="keeps")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.UUIDField()
    lake = models.CharField(max_length=60)
    scope = models.CharField(max_length=60)
    dataset = models.CharField(max_length=200)
    paths = models.JSONField(help_text=_("The chosen outputs"))
    failed = models.JSONField(default=dict, help_text=_("Path -> reason, for the chosen files that could not be kept"))
    uploaded = models.JSONField(default=list, help_text=_("The outputs that are in the Data Lake"))
    in_lake = models.JSONField(
        default=dict, db_default={}, help_text=_("Path -> bytes and adler32 of each of them, as the Data Lake has it")
    )
    rse = models.CharField(max_length=100, help_text=_("Where the files are written"))
    copy_rse = models.CharField(max_length=100, help_text=_("Where the rule keeps a second copy"))
    rule = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    locks = models.JSONField(default=dict, help_text=_("Numbers of the rule's locks: ok, replicating, stuck"))
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["by", "key"], name="one_keep_per_form"),
            # One that failed leaves the name free for the next attempt.
            models.UniqueConstraint(
                fields=["lake", "scope", "dataset"], condition=~models.Q(status="failed"), name="a_dataset_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope}:{self.dataset}"

    @property
    def origin(self) -> Origin:
        """The scope that it is kept in: not shown to people who may not see it."""
        return Origin(self.lake, self.scope)

    @property
    def failed_files(self) -> list[tuple[str, str]]:
        """Path and reason of each chosen file that is not in the dataset."""
        return sorted(self.failed.items())

    @property
    def ended(self) -> bool:
        return self.status in (self.Status.OK, self.Status.FAILED)

    def moved(self, status: str, *, error: str = "", **fields: Any) -> None:
        """It is one stage further, or stays where it is with a reason."""
        self.write(status=self.Status(status), error=storable(error), changed_at=timezone.now(), **fields)

    def without(self, path: str, why: str) -> None:
        """One of the chosen files cannot be kept; the others are."""
        self.moved(self.status, failed={**self.failed, path: storable(why)})
