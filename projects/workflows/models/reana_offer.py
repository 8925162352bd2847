"""What a REANA server offers, as it last said itself."""

from typing import Any

from django.db import models
from django.utils import timezone


class ReanaOffer(models.Model):
    """The answer of one server to what it offers; an answer that fails leaves the last one as it is."""

    server = models.CharField(max_length=60, unique=True)
    url = models.CharField(max_length=300)  # another address under the same name is another server
    facts: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    load: "models.JSONField[dict[str, int]]" = models.JSONField(
        default=dict, db_default={}
    )  # running, pending; empty where it does not say
    load_at = models.DateTimeField(null=True, blank=True)  # when it last said, or refused to say, how busy it is
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.server
