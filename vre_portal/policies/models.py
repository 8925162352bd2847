"""Who accepted which version of which policy, and when."""

from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone


class Acceptance(models.Model):
    """A person said yes to one version of a policy."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acceptances")
    policy = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
        constraints = (models.UniqueConstraint(fields=["user", "policy", "version"], name="a_version_is_accepted_once"),)

    @override
    def __str__(self) -> str:
        return f"{self.policy} {self.version} by {self.user_id}"
