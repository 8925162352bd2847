"""The rows of the vault."""

from datetime import timedelta
from typing import override

from django.db import models
from django.utils import timezone

from vre_portal.encryption import decrypt, encrypt
from vre_portal.iam.models.people import User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.text import storable


class Token(models.Model):
    """What the vault holds for one person: the sign-in (no service) or a token exchanged for one service."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    issuer = models.CharField(max_length=300, blank=True, db_default="")  # who issued it, and alone may see it again
    service = models.CharField(max_length=120, blank=True)  # "kind/name"; empty for the sign-in
    access = models.TextField(blank=True)
    refresh = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    purpose = models.CharField(max_length=200, blank=True)  # why it was last renewed
    renewed_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)  # signed out: to be revoked at the IAM, then deleted

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "service"], condition=models.Q(retired_at=None), name="one_live_token_per_service"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.service or 'sign-in'} of {self.user_id}"

    @property
    def owner(self) -> str:
        """To whom the sealed values are bound."""
        return f"{self.user_id}/{self.service}"

    def open_access(self) -> str:
        return decrypt(self.access, owner=self.owner)

    def open_refresh(self) -> str:
        return decrypt(self.refresh, owner=self.owner)

    def fill(self, tokens: Tokens, *, purpose: str) -> None:
        """Take over new tokens; an answer without refresh token leaves the old one good."""
        now = timezone.now()
        self.access = encrypt(tokens.access, owner=self.owner)
        if tokens.refresh:
            self.refresh = encrypt(tokens.refresh, owner=self.owner)
        self.scope, self.expires_at = tokens.scope, tokens.expires_at
        # A minute before the end, or at half time where the whole life is short.
        self.fresh_until = tokens.expires_at - min(timedelta(minutes=1), (tokens.expires_at - now) / 2)
        self.purpose, self.renewed_at = storable(purpose)[:200], now  # a purpose may name what somebody typed
        self.lease = self.leased_until = None
