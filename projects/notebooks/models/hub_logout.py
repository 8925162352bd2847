"""Logins at a hub that are to end."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job
from vre_portal.text import storable


class HubLogout(Job):
    """A request to end a person's logins at a hub in all browsers; repeated until the hub has done so."""

    hub = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    user_name = models.CharField(max_length=255, blank=True, help_text=_("User name at the hub; removed once the sign-out is done"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="hub_logouts")
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=300, blank=True, help_text=_("Last message of the hub"))

    class Meta:
        indexes = (models.Index(fields=["done_at", "lease_until"]),)

    def __str__(self) -> str:
        return gettext("Sign-out of %(person)s at %(hub)s") % {"person": self.by, "hub": self.hub}

    def done(self, message: str = "") -> None:
        """It is over; the hub's name for the person is not kept."""
        self.write(done_at=timezone.now(), user_name="", message=storable(message)[:300])
