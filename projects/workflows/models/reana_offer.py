"""What a REANA server offers, as it last said itself."""

from typing import Any

from django.db import models
from django.utils import timezone


class ReanaOffer(models.Model):
    """The answer of one server to what it offers; an answer that fails leaves the last one as it is."""

    server = models.CharField(max_length=60, unique=True)
    url = models.CharField(max_length=300)  # another address under the same name is another server
    facts: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.server
