"""Servers at a hub that no session of the portal started."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vre_portal.text import storable


class FoundServer(models.Model):
    """A server at a hub that belongs to no session of the portal: made a session, or stopped, with the reason."""

    class Outcome(models.TextChoices):
        FOUND = "found", pgettext_lazy("server", "Found")
        ADOPTED = "adopted", pgettext_lazy("server", "Added as a session")
        STOPPED = "stopped", pgettext_lazy("server", "Stopped")

    hub = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    user_name = models.CharField(max_length=255, help_text=_("User name at the hub"))
    server = models.CharField(max_length=255, blank=True, help_text=_("Name of the server at the hub; empty for the default server"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="found_servers")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.FOUND)
    why = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("When the server ended or became a session"))

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["hub", "user_name", "server"], condition=Q(ended_at=None), name="one_found_server"),)

    def __str__(self) -> str:
        return gettext("Server “%(name)s” at %(hub)s") % {"name": self.server, "hub": self.hub}

    def is_over(self) -> None:
        """It has ended, or has become a session."""
        FoundServer.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now())

    def became(self, outcome: str, why: str, by: Any) -> bool:
        """Store what the portal does about it; True if that was not stored before."""
        rows = FoundServer.objects.filter(pk=self.pk).exclude(outcome=outcome, why=storable(why)[:300])
        return bool(rows.update(outcome=outcome, why=storable(why)[:300], by=by))
