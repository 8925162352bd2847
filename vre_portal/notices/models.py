"""Events, the notices that people get of them, what people follow, and how they want to be told."""

import hashlib
import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from vre_portal.notices.kinds import Delivery
from vre_portal.text import storable

MAX_TITLE, MAX_KEY, MAX_URL = 300, 300, 2_000  # characters


class EventAudience(models.Model):
    """A rule that says who may know of events, as `search.audiences.rule` writes it; there are few."""

    rule = models.TextField()
    digest = models.CharField(max_length=64, unique=True)  # of the rule, which may name more people than an index has room for

    class Meta:
        db_table = "notices_audience"

    def __str__(self) -> str:
        return self.rule

    @classmethod
    def of(cls, rule: str) -> "EventAudience":
        """The row of a rule, made where there is none; nobody deletes it before the transaction ends."""
        text = storable(rule)
        digest = hashlib.sha256(text.encode()).hexdigest()
        while (row := cls._locked(digest)) is None:
            cls._default_manager.bulk_create([cls(rule=text, digest=digest)], ignore_conflicts=True)
        return row

    @classmethod
    def _locked(cls, digest: str) -> "EventAudience | None":
        """Shared with all who use it: references to it are checked at the end of a transaction only."""
        rows = cls._default_manager.raw("SELECT * FROM notices_audience WHERE digest = %s FOR KEY SHARE", [digest])  # untranslated: SQL
        return next(iter(rows), None)


class Event(models.Model):
    """Something that happened, once: however often a job is repeated, kind and key are the same."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=MAX_KEY)  # what makes it one event: "run:17"
    title = models.CharField(max_length=MAX_TITLE)
    text = models.TextField(blank=True)  # plain text
    url = models.CharField(max_length=MAX_URL)  # a path of the portal, with the fragment of the very place
    topics = ArrayField(models.CharField(max_length=900), default=list)  # what can be followed: "project:5", "software:12"
    group = models.CharField(max_length=MAX_KEY, blank=True)  # notices of a kind with the same group are shown as one
    audience = models.ForeignKey(EventAudience, models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict)  # what webhooks get besides title and address; nothing secret
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="an_event_once"),)
        indexes = (GinIndex(fields=["topics"], name="events_of_a_topic"), models.Index(fields=["-at"], name="events_newest"))

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """An event in the inbox of one person. It is shown and sent only while its audience holds for the person."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    audience = models.ForeignKey(EventAudience, models.PROTECT, related_name="+")  # that of the event
    delivery = models.CharField(max_length=10, choices=Delivery)  # as it was chosen when the event came
    at = models.DateTimeField(default=timezone.now)
    read_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True
    )  # for a day, so that it can be undone

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["event", "user"], name="a_notice_once"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-id"], name="inbox_of_a_person", condition=models.Q(deleted_at=None)),
            models.Index(fields=["user", "audience"], name="audiences_of_a_person", condition=models.Q(deleted_at=None)),
            models.Index(fields=["user", "audience"], name="unread_notices", condition=models.Q(read_at=None, deleted_at=None)),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"

    @property
    def is_unread(self) -> bool:
        return self.read_at is None


class Follow(models.Model):
    """A person wants to know what happens about a topic."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows")
    topic = models.CharField(max_length=900, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "topic"], name="a_topic_once"),)

    def __str__(self) -> str:
        return self.topic


class Preference(models.Model):
    """How a person wants to be told of events of a kind, where it is not the kind's default."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=60)
    delivery = models.CharField(max_length=10, choices=Delivery)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "kind"], name="a_preference_once"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.delivery}"


class FeedAddress(models.Model):
    """The secret address of a person's Atom feeds. The secret is made of `nonce` and the keys of the portal, and is stored nowhere."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_address")
    nonce = models.UUIDField(default=uuid.uuid4)
    secret_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"feed address {self.pk}"


class SearchWatch(models.Model):
    """Up to where the index was looked through for a followed search."""

    follow = models.OneToOneField(Follow, models.CASCADE, related_name="watch")
    last_document = models.BigIntegerField()  # documents with a higher number are new
    looked_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.follow} up to {self.last_document}"
