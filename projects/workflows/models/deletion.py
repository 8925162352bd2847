"""What somebody wants deleted of a run, and the numbers of runs that are gone: a number is never given twice."""

import hashlib
from typing import Any, override

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.models.run import Run
from vre_portal.jobs.models import Job
from vre_portal.text import storable


class RunDeletion(Job):
    """A wish to delete the workspace of a run at REANA, the run in the portal, or both; with the run it goes itself."""

    class State(models.TextChoices):
        DELETING = "deleting", _("deleting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    run = models.OneToOneField(Run, models.CASCADE, related_name="deletion")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    of_workspace = models.BooleanField(default=False, help_text=_("Whether the files at REANA are deleted"))
    of_run = models.BooleanField(default=False, help_text=_("Whether the run and its copied files are deleted in the portal"))
    state = models.CharField(max_length=10, choices=State, default=State.DELETING)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    is_gone = False  # this instance has deleted its run, and its own row with it

    class Meta:
        verbose_name_plural = _("deletions of runs")

    def __str__(self) -> str:
        return gettext("Deletion of %(run)s") % {"run": self.run}

    def get_absolute_url(self) -> str:
        return reverse("workflows:delete", args=[self.run.project.slug, self.run.number])

    @property
    def digest(self) -> str:
        """Changes when a page would say something else of it."""
        return hashlib.sha256(f"{self.state} {self.error}".encode()).hexdigest()[:8]

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be done."""
        return self.state == self.State.DELETING

    def done(self) -> None:
        """The workspace is deleted, and nothing else was wanted."""
        self.write(state=self.State.DONE, error="")

    def failed(self, why: str) -> None:
        """It is not tried again unless somebody asks."""
        self.write(state=self.State.FAILED, error=storable(why))

    def delayed(self, why: str) -> None:
        """It could not be done this time."""
        self.write(error=storable(why))

    @override
    def release(self, **how: Any) -> None:
        if not self.is_gone:
            super().release(**how)


class DeletedRun(models.Model):
    """The number of a run that is not there any more."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("deleted runs")
        constraints = (models.UniqueConstraint(fields=["project", "number"], name="a_run_is_deleted_once"),)

    def __str__(self) -> str:
        return str(self.number)
