"""One version of an environment: an image, what it promises, and what its registry says of it."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.environments.models.packages import PackageList
from vre_portal.container_images.names import LONGEST, parsed
from vre_portal.jobs.models import Job


class EnvironmentVersion(Job):
    """What an edit made; only what the registry says is added later, by the job that asks it."""

    class Registry(models.TextChoices):
        WAITING = "waiting", _("being looked up")
        TOLD = "told", _("known")
        UNKNOWN = "unknown", _("unknown")

    environment = models.ForeignKey("Environment", models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    image = models.CharField(_("image"), max_length=LONGEST)
    has_gpu = models.BooleanField(_("GPU"), null=True, blank=True)
    has_cvmfs = models.BooleanField(_("CVMFS"), null=True, blank=True)
    languages = ArrayField(models.CharField(max_length=40), verbose_name=_("languages"), default=list, blank=True)
    python = models.CharField(_("Python version"), max_length=20, blank=True)
    imports = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("modules to import"),
        default=list,
        blank=True,
        help_text=_("Modules that a test imports"),
    )
    packages = models.ForeignKey(PackageList, models.PROTECT, verbose_name=_("packages"), null=True, blank=True, related_name="versions")
    note = models.CharField(_("what has changed"), max_length=300, blank=True)
    changes = models.JSONField(default=list, blank=True, help_text="Names of the fields that the edit changed")  # untranslated: on no page
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    registry_state = models.CharField(max_length=10, choices=Registry, default=Registry.WAITING)
    registry_words = models.CharField(
        max_length=300, blank=True, help_text=_("Why the registry's facts are unknown, or what they wait for")
    )
    digest = models.CharField(_("digest"), max_length=140, blank=True)
    size = models.BigIntegerField(_("size"), null=True, blank=True, help_text=_("Compressed, in bytes"))
    built_at = models.DateTimeField(_("built"), null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)

    COPIED: ClassVar = ("registry_state", "registry_words", "digest", "size", "built_at", "asked_at")

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["environment", "number"], name="one_environment_version_of_a_number"),)

    def __str__(self) -> str:
        return f"{self.image} ({self.number})"

    @property
    def pinned(self) -> str:
        """The image with its digest, which always names the same one; without it where the registry has not said it."""
        name = self.image.partition("@")[0]
        return f"{name}@{self.digest}" if self.digest else self.image

    @property
    def tag(self) -> str:
        """The tag; empty where the image is named by its digest, or is none of a registry."""
        name = parsed(self.image)
        return "" if name is None or name.is_digest else name.reference

    @property
    def changed_names(self) -> list[str]:
        """What the edit changed, as pages call it."""
        fields = {field.name: field for model in (EnvironmentVersion, self.environment) for field in model._meta.concrete_fields}
        return [str(fields[name].verbose_name) for name in self.changes if name in fields]
