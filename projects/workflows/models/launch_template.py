"""Values for a launch that somebody saved under a name."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.models.specification import Specification
from vre_portal.iam.models import User


class LaunchTemplateQuerySet(models.QuerySet["LaunchTemplate"]):
    """Templates, as far as somebody may use them."""

    def usable_by(self, user: User) -> "LaunchTemplateQuerySet":
        """One's own, and those that are shared with the project's members."""
        return self.filter(models.Q(by=user) | models.Q(shared=True))


class LaunchTemplate(models.Model):
    """Saved values of the launch form of one specification: the person's own, or shared with the members of the project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="launch_templates")
    specification = models.ForeignKey(Specification, models.CASCADE, related_name="launch_templates")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="launch_templates")
    name = models.CharField(max_length=100)
    parameters = ExactJSONField(default=dict)
    inputs = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"}'))
    attached = models.JSONField(default=dict, db_default={}, help_text=_('Path in the workspace -> {"file"}, a file of a run'))
    overrides = models.JSONField(default=dict)
    server = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text=_("The REANA server; empty for those of earlier portals")
    )
    shared = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[LaunchTemplateQuerySet] = LaunchTemplateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=["specification", "by", "name"], name="a_launch_template_once"),)

    def __str__(self) -> str:
        return self.name
