"""Data that people follow."""

from typing import Any

from django.db import models


class FollowedDid(models.Model):
    """How the index had a followed DID at the last look."""

    did = models.CharField(max_length=900, unique=True)  # as lake:scope:name
    is_known = models.BooleanField(default=False)  # whether it was looked at; the first look reports nothing
    facts: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(null=True)  # none where the index lacks it
    changes = models.PositiveIntegerField(default=0)  # that were reported

    class Meta:
        db_table = "lake_index_followed"

    def __str__(self) -> str:
        return self.did
