"""Searches that people saved."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User


class SavedSearch(models.Model):
    """A saved search of a person; a deleted one stays for a while, so that it can be restored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    lake = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=4000, help_text=_("The search as the query string of its link"))
    made_at = models.DateTimeField(default=timezone.now)
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        db_table = "lake_index_saved"
        ordering = ("name", "pk")
        verbose_name_plural = _("saved searches")
        constraints = (models.UniqueConstraint(fields=["user", "lake", "name"], condition=Q(deleted_at=None), name="a_saved_name_once"),)

    def __str__(self) -> str:
        return self.name
