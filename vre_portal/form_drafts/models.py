"""A form that was sent when its sender had to sign in again: encrypted, for that person alone, for an hour."""

import json
import uuid
from datetime import timedelta
from typing import Any, ClassVar, override

from django.db import models
from django.utils import timezone

from vre_portal.encryption import CannotDecrypt, decrypt, encrypt
from vre_portal.iam.models import User

LIFETIME = timedelta(hours=1)
Fields = dict[str, list[str]]


class FormDraftQuerySet(models.QuerySet["FormDraft"]):
    """Finds drafts."""

    def expired(self) -> "FormDraftQuerySet":
        """Those older than LIFETIME."""
        return self.filter(kept_at__lt=timezone.now() - LIFETIME)

    def find(self, user: Any, key: str) -> "FormDraft | None":
        """The person's own under this key, while its hour lasts; nobody else's."""
        try:
            wanted = uuid.UUID(key)
        except ValueError:
            return None
        if not isinstance(user, User):
            return None
        return self.filter(pk=wanted, user=user, kept_at__gte=timezone.now() - LIFETIME).first()


class FormDraft(models.Model):
    """The path that it was sent to, and its fields. The app has kept its label, and the table its name, from when they were called "kept"."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="kept")
    path = models.CharField(max_length=500)
    sealed = models.TextField()
    kept_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[FormDraftQuerySet] = FormDraftQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "kept_kept"
        ordering = ("-kept_at",)

    @override
    def __str__(self) -> str:
        return f"form for {self.path}"

    def set_fields(self, fields: Fields) -> None:
        """Encrypt what was typed."""
        self.sealed = encrypt(json.dumps(fields), owner=f"kept/{self.key}")

    def fields(self) -> Fields:
        """What was typed; nothing where the key that it was encrypted with is gone."""
        try:
            found: Fields = json.loads(decrypt(self.sealed, owner=f"kept/{self.key}"))
        except (CannotDecrypt, ValueError):
            return {}
        return found
