"""How a person starts sessions: the settings they used last at a hub, and those they saved under a name."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.notebooks.start_options import StartOptions
from vre_portal.validators import validate_visible_line

MAX_NAME, MAX_SAVED = 60, 20


class StartSettingsQuerySet(models.QuerySet["StartSettings"]):
    """Settings by person and hub."""

    def saved(self) -> "StartSettingsQuerySet":
        """Those with a name."""
        return self.exclude(name="").order_by("name", "pk")


class StartSettings(models.Model):
    """Settings of one person at one hub; without a name they are those of the last start."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notebook_settings")
    hub = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    name = models.CharField(_("name"), max_length=MAX_NAME, blank=True, validators=[validate_visible_line])
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[StartSettingsQuerySet] = StartSettingsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["by", "hub", "name"], name="start_settings_name_once"),)

    def __str__(self) -> str:
        return self.name or str(_("Used last"))

    @property
    def start_options(self) -> StartOptions:
        """Their values."""
        return StartOptions.read(self.options)
