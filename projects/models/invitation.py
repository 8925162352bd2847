"""Invitation links: each holder of the link gets a role in the project, until it expires, is used up or is revoked."""

import hashlib
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.membership import Role
from vre_portal.iam.models import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by their secret, and those that work."""

    def with_secret(self, secret: str) -> Self:
        """The one with this secret, or none."""
        return self.filter(secret_digest=Invitation.digest(secret))

    def active(self) -> Self:
        """Those that can still be used, as far as their own rows say."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), uses__lt=models.F("max_uses"))


class Invitation(models.Model):
    """A link that gives a role; only a digest of its secret is stored."""

    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="invitations", verbose_name=_("project"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    note = models.CharField(_("note"), max_length=100, blank=True)
    key = models.UUIDField()  # of the form that created it: pressing twice creates one
    secret_digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    max_uses = models.PositiveIntegerField(_("number of uses"), default=1)
    uses = models.PositiveIntegerField(_("uses"), default=0)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["project", "key"], name="one_invitation_per_form"),
            models.CheckConstraint(condition=~models.Q(role="lead"), name="no_invitation_makes_a_lead"),
            models.CheckConstraint(condition=models.Q(uses__lte=models.F("max_uses")), name="no_more_uses_than_allowed"),
        )

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a secret; it has 256 random bits, so that a plain digest is enough."""
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_used_up(self) -> bool:
        return self.uses >= self.max_uses

    @property
    def ended_at(self) -> datetime | None:
        """Since when it has not worked any more, where that is known."""
        return self.revoked_at or (self.expires_at if self.is_expired else None)


class InvitationUse(models.Model):
    """Somebody joined a project by an invitation."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="used_by")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["invitation", "user"], name="one_use_per_person"),)

    def __str__(self) -> str:
        return f"use of {self.invitation_id}"
