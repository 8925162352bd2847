"""A person is an issuer and a subject there, never an e-mail address or a name."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their identity."""

    def for_identity(self, issuer: str, subject: str, **facts: Any) -> "User":
        """The person with this identity, made or brought up to date with `facts` (name, email, groups)."""
        user, _ = self.update_or_create(issuer=issuer, subject=subject, defaults=facts)
        return user


class User(AbstractBaseUser):
    """Someone who signed in at an IAM; `groups` are the IAM's, without leading slash, as last seen."""

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    preferred_username = models.CharField(max_length=200, blank=True)  # shown and used as an account name at services; never an identity
    email = models.EmailField(max_length=320, blank=True)
    groups = models.JSONField(default=list, blank=True)
    groups_seen_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_per_identity"),)

    def __str__(self) -> str:
        return self.name or self.preferred_username or "someone"

    def get_full_name(self) -> str:
        return str(self)

    def in_group(self, group: str) -> bool:
        """Whether the IAM named this group, or one below it, when last asked."""
        return any(item == group or item.startswith(f"{group}/") for item in self.groups)

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff
