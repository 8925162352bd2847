"""A token that a person made for a program; of its value only a digest is stored."""

import hashlib
import secrets
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User
from vre_portal.validators import validate_visible_line

PREFIX = "vrep_"  # by which programs that look for secrets in files know one
BYTES = 32
MAX_NAME = 100  # characters
USE_NOTED_EVERY = timedelta(minutes=1)


class Scope(models.TextChoices):
    """What a token allows."""

    BASKET_READ = "basket:read", _("Read your baskets")
    BASKET_WRITE = "basket:write", _("Change your baskets")
    DATA_READ = "data:read", _("Read data that you have access to")


class PersonalTokenQuerySet(models.QuerySet["PersonalToken"]):
    """Tokens by whether they work."""

    def named(self, name: str) -> "PersonalTokenQuerySet":
        """Those with a name, as the constraint compares names: the database's lower case is not the upper case backwards."""
        return self.alias(lower_name=Lower("name")).filter(lower_name=Lower(Value(name)))

    def valid(self) -> "PersonalTokenQuerySet":
        """Those that were not revoked and have not expired, of people who may use the portal."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True)


class PersonalToken(models.Model):
    """A token with the name that its owner gave it, what it allows, and until when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="personal_tokens")
    name = models.CharField(_("name"), max_length=MAX_NAME, validators=[validate_visible_line])
    secret_digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    form_key = models.UUIDField(null=True)  # of the form that made it: the same form sent twice makes one

    objects: ClassVar[PersonalTokenQuerySet] = PersonalTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint("user", Lower("name"), condition=Q(revoked_at=None), name="a_token_name_once"),
            models.UniqueConstraint(fields=["user", "form_key"], name="one_token_per_form"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_valid(self) -> bool:
        """Whether it still works, as far as its own row tells."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def was_revoked(self) -> bool:
        """Whether it was ended before its time; one that expired is marked as ended at that moment when its name is used again."""
        return self.revoked_at is not None and self.revoked_at < self.expires_at

    @property
    def scope_labels(self) -> list[str]:
        """What it allows, in words; what is no scope any more is left out."""
        return [str(scope.label) for scope in Scope if scope in self.scopes]

    def note_use(self) -> None:
        """Store that it was used, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= USE_NOTED_EVERY:
            PersonalToken.objects.filter(pk=self.pk).update(last_used_at=now)


def new_secret() -> str:
    """A new value of 256 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(BYTES)}"


def digest(secret: str) -> str:
    """What is stored of a value."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def find(secret: str) -> PersonalToken | None:
    """The valid token with this value, with its owner."""
    return PersonalToken.objects.valid().select_related("user").filter(secret_digest=digest(secret)).first()


def tokens_of(user: User) -> PersonalTokenQuerySet:
    """All tokens of a person, also those that no longer work."""
    return PersonalToken.objects.filter(user=user)
