"""An environment: what people choose for a notebook or a workflow step, whatever version it has now."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.environments.models.packages import Package, key_of
from catalog.environments.models.version import EnvironmentVersion


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    """Environments as pages ask for them; all are public."""

    def shown(self) -> Self:
        """With the version that each has now; those that are offered come first."""
        rank = models.Case(
            *(models.When(status=status, then=place) for place, status in enumerate(Environment.Status.values)),
            output_field=models.IntegerField(),
        )
        return self.select_related("current__packages", "owner").order_by(rank, "name", "pk")

    def offered(self) -> Self:
        return self.filter(status=Environment.Status.OFFERED, current__isnull=False)

    def matching(self, text: str) -> Self:
        """Those that have every word in their name, summary, image or in the name of a package."""
        found = self
        for word in text.split()[:10]:
            lists = Package.objects.filter(key__startswith=key_of(word)).values("list")
            words = Q(name__icontains=word) | Q(summary__icontains=word) | Q(current__image__icontains=word)
            found = found.filter(words | Q(current__packages__in=lists))
        return found


class Environment(models.Model):
    """A container image under a name that stays; each edit makes a version."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("offered")
        OLD = "old", _("old")
        WITHDRAWN = "withdrawn", _("withdrawn")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OFFERED)
    status_words = models.CharField(_("about the status"), max_length=300, blank=True)
    for_notebooks = models.BooleanField(_("for notebooks"), default=False)
    for_workflows = models.BooleanField(_("for workflow steps"), default=False)
    session_kind = models.CharField(_("kind of session"), max_length=60, blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("owner"), null=True, blank=True, related_name="environments"
    )
    configured = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of the entries of services.toml, as last read",  # untranslated: on no page
    )
    current = models.ForeignKey(EnvironmentVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[EnvironmentQuerySet] = EnvironmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("environments:entry", args=[self.slug])

    @property
    def is_offered(self) -> bool:
        return self.status == self.Status.OFFERED

    @property
    def status_look(self) -> str:
        """The state whose colour and icon the status has."""
        return {self.Status.OFFERED: "available", self.Status.OLD: "stale"}.get(self.Status(self.status), "withdrawn")
