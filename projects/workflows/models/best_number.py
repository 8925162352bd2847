"""The headline number by which the results of a workflow are compared."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.workflows.models.label import MAX_NAME
from projects.workflows.models.specification import Specification


class BestNumber(models.Model):
    """Which headline number says how good a result of the workflow is, as the project's editors chose."""

    specification = models.OneToOneField(Specification, models.CASCADE, related_name="best_number")
    name = models.CharField(max_length=MAX_NAME, help_text=_("As results name it, with its unit"))
    is_larger_better = models.BooleanField(default=True)

    class Meta:
        ordering = ("specification",)

    def __str__(self) -> str:
        return self.name

    @property
    def direction(self) -> str:
        """As the form names it."""
        return "larger" if self.is_larger_better else "smaller"
