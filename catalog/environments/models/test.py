"""A test of an environment: a job starts its image and imports what it promises."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.environments.models.version import EnvironmentVersion
from vre_portal.jobs.models import Job


class TestQuerySet(models.QuerySet["EnvironmentTest"]):
    """Tests as pages ask for them."""

    def under_way(self) -> Self:
        return self.filter(state=EnvironmentTest.State.RUNNING)

    def passed(self) -> Self:
        """Those that imported everything, the last first."""
        return self.ended().filter(state=EnvironmentTest.State.PASSED)

    def ended(self) -> Self:
        """Those that are over, the last first."""
        return self.exclude(state=EnvironmentTest.State.RUNNING).order_by("-finished_at", "-pk")


class EnvironmentTest(Job):
    """One test, in the name of the person who asked for it."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PASSED = "passed", _("passed")
        FAILED = "failed", _("failed")
        ABORTED = "aborted", _("not completed")  # says nothing of the environment: the service was away, refused it or was told to stop

    version = models.ForeignKey(EnvironmentVersion, models.CASCADE, related_name="tests")
    environment = models.ForeignKey("Environment", models.CASCADE, related_name="tests")
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="In the name of what is started")  # untranslated: on no page
    image = models.CharField(max_length=400)
    digest = models.CharField(max_length=140, blank=True, help_text=_("As it was known when the test began"))
    imports = ArrayField(models.CharField(max_length=100), default=list)
    starter = models.CharField(max_length=60, help_text=_("What starts it"))
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    words = models.CharField(max_length=500, blank=True, help_text=_("Why it failed, or what it waits for"))
    results = models.JSONField(default=list, blank=True, help_text="module, version and error of each import")  # untranslated: on no page
    memo = models.JSONField(default=dict, blank=True, help_text="What the starter has to know when it goes on")  # untranslated: on no page
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TestQuerySet] = TestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["environment"], condition=Q(state="running"), name="one_environment_test_at_a_time"),
        )

    def __str__(self) -> str:
        return f"{self.image}: {self.state}"

    def confirms(self, version: EnvironmentVersion) -> bool:
        """Whether it passed for a version: with its image, and with all that the version promises."""
        return self.state == self.State.PASSED and self._has_image_of(version) and set(version.imports) <= set(self.imports)

    def contradicts(self, version: EnvironmentVersion) -> bool:
        """Whether it failed for a version: with its image, and with modules that the version still promises."""
        return self.state == self.State.FAILED and self._has_image_of(version) and set(self.imports) <= set(version.imports)

    def _has_image_of(self, version: EnvironmentVersion) -> bool:
        """By the digest; by the name where no registry has said what it stood for, neither then nor since."""
        return self.digest == version.digest if self.digest else self.image == version.image and not version.digest

    @property
    def name(self) -> str:
        """What it is called where it is started."""
        return f"vre-test-{self.key}"

    def get_absolute_url(self) -> str:
        return self.environment.get_absolute_url()
