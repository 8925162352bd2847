"""A token that a service gave to a person outside of the IAM, such as REANA 0.9's."""

from typing import override

from django.db import models
from django.utils import timezone

from vre_portal.encryption import decrypt, encrypt
from vre_portal.iam.models import User


class StoredToken(models.Model):
    """One person's token for one service; it is shown to nobody again, and goes with the person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stored_tokens")
    service = models.CharField(max_length=120)  # "kind/name"
    sealed = models.TextField()
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "service"], name="one_stored_token_per_service"),)

    @override
    def __str__(self) -> str:
        return f"stored token for {self.service} of {self.user_id}"

    @property
    def owner(self) -> str:
        """To whom the sealed value is bound."""
        return f"{self.user_id}/stored/{self.service}"

    def fill(self, secret: str) -> None:
        self.sealed, self.stored_at = encrypt(secret, owner=self.owner), timezone.now()

    def open(self) -> str:
        return decrypt(self.sealed, owner=self.owner)
