"""What remains of a project that was deleted."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from vre_portal.jobs.models import Job

WAIT_FOR_WORK = timedelta(hours=24)  # after which the rows go although something of the project is still at work


class Tombstone(Job):
    """The address of a deleted project, which no other one gets; of a public one also what it was called and whom to ask."""

    slug = models.SlugField(_("name in addresses"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    was_public = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(_("deleted"), default=timezone.now)
    creation_key = models.UUIDField(null=True, blank=True, editable=False)  # of the form that created the project: it creates no second one
    project = models.OneToOneField(Project, models.SET_NULL, null=True, blank=True, related_name="tombstone")  # until its rows are gone

    class Meta:
        verbose_name = _("deleted project")
        verbose_name_plural = _("deleted projects")

    def __str__(self) -> str:
        return self.slug

    @property
    def is_overdue(self) -> bool:
        """Whether the rows go whatever is still at work."""
        return timezone.now() > self.deleted_at + WAIT_FOR_WORK
