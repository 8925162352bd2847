"""Things that a person looked at, and whether they want them to be remembered."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RecentItem(models.Model):
    """One thing that a person looked at, as it was called then."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recent_items")
    kind = models.CharField(max_length=20, help_text=_("Kind of the thing, such as did, project or software"))
    service = models.CharField(max_length=60, blank=True, help_text=_("Name of the service in services.toml"))
    identifier = models.CharField(max_length=600)
    title = models.CharField(max_length=300)
    url = models.TextField()
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-seen_at", "-pk")
        verbose_name = _("recently seen item")
        verbose_name_plural = _("recently seen items")
        constraints = (models.UniqueConstraint(fields=["user", "kind", "service", "identifier"], name="a_recent_item_once"),)

    def __str__(self) -> str:
        return self.title


class RecentSetting(models.Model):
    """Whether what a person looks at is remembered; yes where there is no row."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recent_setting")
    is_on = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("setting of recently seen items")
        verbose_name_plural = _("settings of recently seen items")

    def __str__(self) -> str:
        return str(self.is_on)
