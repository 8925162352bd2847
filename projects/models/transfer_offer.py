"""Offers to lead a project."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class TransferOffer(models.Model):
    """A lead offers a member of the project to lead it in their place."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ENDED = "ended", _("ended")  # whoever offered is no lead any more

    project = models.ForeignKey(Project, models.CASCADE, related_name="transfer_offers")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="transfers_offered")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="transfers_received")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("transfer offer")
        verbose_name_plural = _("transfer offers")
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["project"], condition=models.Q(state="open"), name="one_open_transfer"),)

    def __str__(self) -> str:
        return f"{self.project}: {self.by} > {self.to}"
