"""The saved versions of each text; nothing is ever overwritten."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TextVersionQuerySet(models.QuerySet["TextVersion"]):
    """Saved versions of texts."""

    def latest_of_each(self) -> "TextVersionQuerySet":
        """For each text that was ever edited, its present version."""
        return self.order_by("name", "-number").distinct("name")


class TextVersion(models.Model):
    """A text as somebody saved it. Number 1 is the first edit; what a text says before that is in `blocks`."""

    name = models.CharField(_("text"), max_length=40)
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"), blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("saved by"))
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    restored = models.PositiveIntegerField(null=True, help_text=_("The version that was restored; empty for a text that was written"))

    objects: ClassVar[TextVersionQuerySet] = TextVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name", "-number")
        # Of two people who save over the same version, the second is refused by this.
        constraints = (models.UniqueConstraint(fields=["name", "number"], name="a_version_of_a_text_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
