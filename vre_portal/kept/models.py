"""A form that was sent when nobody could take it, sealed, for the one person who sent it."""

import json
import uuid
from datetime import timedelta
from typing import Any, ClassVar, override

from django.db import models
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.iam.sealing import Unreadable, seal, unseal

LIFE = timedelta(hours=1)
Fields = dict[str, list[str]]


class KeptQuerySet(models.QuerySet["Kept"]):
    """Finds kept forms."""

    def over(self) -> "KeptQuerySet":
        """Those whose hour is over."""
        return self.filter(kept_at__lt=timezone.now() - LIFE)

    def of(self, user: Any, key: str) -> "Kept | None":
        """The person's own under this key, while its hour lasts; nobody else's."""
        try:
            wanted = uuid.UUID(key)
        except ValueError:
            return None
        if not isinstance(user, User):
            return None
        return self.filter(pk=wanted, user=user, kept_at__gte=timezone.now() - LIFE).first()


class Kept(models.Model):
    """Where it was sent, and what stood in it."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="kept")
    path = models.CharField(max_length=500)
    sealed = models.TextField()
    kept_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[KeptQuerySet] = KeptQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-kept_at",)

    @override
    def __str__(self) -> str:
        return f"form for {self.path}"

    def close(self, fields: Fields) -> None:
        """Seal what was typed."""
        self.sealed = seal(json.dumps(fields), owner=f"kept/{self.key}")

    def open(self) -> Fields:
        """What was typed; nothing where the key of the seal is gone."""
        try:
            fields: Fields = json.loads(unseal(self.sealed, owner=f"kept/{self.key}"))
        except (Unreadable, ValueError):
            return {}
        return fields
