"""Files that people upload from their own computer to be read by runs of a project."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.models.run import Run
from projects.workflows.models.version import StoredFile
from vre_portal.iam.models import User

KEPT_UNUSED = timedelta(days=7)


class InputUploadQuerySet(models.QuerySet["InputUpload"]):
    """Uploads by who may use them, and by whether a run does."""

    def usable_by(self, user: User, project: Project) -> "InputUploadQuerySet":
        """One's own for this project, and those that a run of it reads which the person may see."""
        seen = Run.objects.filter(project=project).visible_to(user).values("pk")
        of_runs = InputUpload.runs.through.objects.filter(run__in=seen).values("inputupload")
        return self.filter(project=project).filter(models.Q(by=user) | models.Q(pk__in=of_runs))

    def unused(self) -> "InputUploadQuerySet":
        """Those that no run reads."""
        return self.filter(runs=None)

    def expired(self) -> "InputUploadQuerySet":
        """Those that no run reads and that are older than KEPT_UNUSED."""
        return self.unused().filter(created_at__lt=Now() - KEPT_UNUSED)


class InputUpload(models.Model):
    """A content with the name that it had on somebody's computer. While a run reads it, it stays."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="input_uploads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="input_uploads")
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    runs = models.ManyToManyField(Run, related_name="uploads", blank=True)

    objects: ClassVar[InputUploadQuerySet] = InputUploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = _("uploaded inputs")
        constraints = (models.UniqueConstraint(fields=["project", "by", "stored"], name="an_upload_once"),)

    def __str__(self) -> str:
        return self.name
