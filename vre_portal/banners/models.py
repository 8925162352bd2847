"""A banner, and who has dismissed it."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from vre_portal import markdown_line

MAX_TEXT, MAX_LINK_TEXT = 300, 80


class BannerQuerySet(models.QuerySet["Banner"]):
    """Banners by when they are shown."""

    def unended(self) -> Self:
        """Those that are shown now or later."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))

    def past(self) -> Self:
        """Those that are not shown any more, the last first."""
        return self.filter(ends_at__lte=timezone.now()).order_by("-pk")


class Banner(models.Model):
    """A short announcement. `edition` grows when its words change: people who dismissed the earlier words see the new ones."""

    class Severity(models.TextChoices):
        INFO = "info", _("information")
        WARNING = "warning", _("warning")
        CRITICAL = "critical", _("critical")

    class Audience(models.TextChoices):
        EVERYBODY = "everybody", _("everybody, also without a sign-in")
        SIGNED_IN = "signed-in", _("everybody who is signed in")
        GROUP = "group", _("members of an IAM group")
        STAFF = "staff", _("administrators of the portal")

    key = models.UUIDField(unique=True, help_text=_("The form's own: the same form sent twice is one banner"))
    text = models.CharField(_("text"), max_length=MAX_TEXT)
    link = models.URLField(_("link"), max_length=500, blank=True)
    link_text = models.CharField(_("text of the link"), max_length=MAX_LINK_TEXT, blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.INFO)
    audience = models.CharField(_("audience"), max_length=10, choices=Audience, default=Audience.EVERYBODY)
    group = models.CharField(_("group"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    edition = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[BannerQuerySet] = BannerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.text

    @property
    def mark(self) -> str:
        """What tells this edition of this banner from all others: `12.1`."""
        return f"{self.pk}.{self.edition}"

    @property
    def is_critical(self) -> bool:
        """Whether it cannot be dismissed and interrupts screen readers."""
        return self.severity == self.Severity.CRITICAL

    @property
    def tone(self) -> str:
        """The tone of its colours."""
        return {self.Severity.CRITICAL: "bad", self.Severity.WARNING: "warn"}.get(self.Severity(self.severity), "info")

    @property
    def icon_name(self) -> str:
        """The icon of its severity."""
        return {"bad": "circle-alert", "warn": "triangle-alert"}.get(self.tone, "info")

    @property
    def rank(self) -> tuple[int, int]:
        """The most severe come first, of these the newest."""
        return -self.Severity.values.index(self.severity), -(self.pk or 0)

    @property
    def state(self) -> str:
        """present, planned or past."""
        now = timezone.now()
        if self.ends_at is not None and self.ends_at <= now:
            return "past"
        return "present" if self.starts_at <= now else "planned"

    @cached_property
    def html(self) -> SafeString:
        """The text as one line of HTML: emphasis, code and links; of anything else the words."""
        return markdown_line.render(self.text)


class Dismissal(models.Model):
    """A person has dismissed an edition of a banner."""

    banner = models.ForeignKey(Banner, models.CASCADE, related_name="dismissals")
    edition = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="dismissed_banners")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "banner"], name="one_dismissal_of_a_banner"),)

    def __str__(self) -> str:
        return f"{self.banner_id}.{self.edition}"
