"""One entry of the record; the database refuses to change or delete it."""

import hashlib
import json
from datetime import UTC
from typing import Any, ClassVar, override

from django.db import models

FIRST = "0" * 64  # what the first entry is bound to


class AuditEntry(models.Model):
    """Somebody did something, or was refused it; people are known by handle, so that the entry outlives their name."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    actor = models.UUIDField(null=True)  # a handle and no foreign key: erasing a person leaves the chain whole
    subject = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_entry"
        ordering = ("-number",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["action", "-number"], name="audit_by_action"),
            models.Index(fields=["actor", "-number"], name="audit_by_actor"),
            models.Index(fields=["subject", "-number"], name="audit_by_subject"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.number} {self.action}"

    @property
    def payload(self) -> dict[str, Any]:
        """All that the digest covers."""
        return {
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "action": self.action,
            "outcome": self.outcome,
            "actor": str(self.actor) if self.actor else None,
            "subject": self.subject,
            "facts": self.facts,
            "request_id": self.request_id,
        }

    def computed(self) -> str:
        """SHA-256 over the digest of the entry before and this entry as canonical JSON."""
        text = json.dumps(self.payload, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(f"{self.previous}\n{text}".encode()).hexdigest()


class Use(models.Model):
    """Some uses of a person's token: for one service and purpose, by one page or task, within the same ten minutes."""

    person = models.UUIDField()  # a handle: a foreign key would wait for whoever has the person's row locked
    service = models.CharField(max_length=120)  # "kind/name"
    purpose = models.CharField(max_length=200)
    place = models.CharField(max_length=200)  # "GET /projects/<slug>/data/", "task workflows.submit" or "command"
    outcome = models.CharField(max_length=20)  # given, refused, unavailable
    slot = models.DateTimeField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.IntegerField(default=1)
    calls = models.IntegerField(default=0)  # requests to the service that carried the token
    failed = models.IntegerField(default=0)  # of these, those that were refused or not answered
    answer = models.SmallIntegerField(null=True)  # status of the last; 0 when none came

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "service", "purpose", "place", "outcome", "slot"], name="one_row_per_use_and_slot"),
        )
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-id"], name="uses_of_a_person"),
            models.Index(fields=["last_at"], name="uses_by_age"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.service}: {self.purpose}"
