"""The headline number by which the results of a project are compared."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.models.label import MAX_NAME


class BestNumber(models.Model):
    """Which headline number says how good a result of the project is, as its editors chose."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="best_number")
    name = models.CharField(max_length=MAX_NAME, help_text=_("As results name it, with its unit"))
    is_larger_better = models.BooleanField(default=True)

    class Meta:
        ordering = ("project",)

    def __str__(self) -> str:
        return self.name

    @property
    def sort(self) -> str:
        """The order of a list that has the best first."""
        return f"-r:{self.name}" if self.is_larger_better else f"r:{self.name}"
