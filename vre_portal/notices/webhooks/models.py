"""Webhooks, and the deliveries of events to them with all attempts."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.encryption import decrypt
from vre_portal.jobs.models import Job
from vre_portal.notices.kinds import title_of

TEST_KIND = "webhooks.test"
OLD_SECRET_VALID = timedelta(hours=24)
SLOW_SECONDS = 2.0  # an attempt that takes longer makes its webhook wait behind those that are quick


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks as they are asked for."""

    def present(self) -> "WebhookQuerySet":
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def sending(self) -> "WebhookQuerySet":
        """Those that are on."""
        return self.filter(deleted_at=None, is_on=True)


class Webhook(Job):
    """An address that gets events, and the job of sending them: one worker at a time sends to it, and it pauses as a whole."""

    class OffReason(models.TextChoices):
        BY_HAND = "by hand", _("switched off")
        FAILING = "failing", _("switched off after failures")
        GONE = "gone", _("switched off by the receiver")
        CLOSED = "closed", _("project closed")
        SECRET = "secret", _("secret unreadable")
        FAULT = "fault", _("internal error")

    class Format(models.TextChoices):
        EVENT = "event", _("Events as signed JSON, for scripts and services")
        CHAT = "chat", _("Chat messages, for Mattermost, Slack or Rocket.Chat")

    owner = models.CharField(max_length=60, db_index=True)  # a topic: "project:5" or "person:7"
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="webhooks"
    )  # the owner, where it is a person
    key = models.UUIDField(default=uuid.uuid4, unique=True)  # that of the form: sending it twice gives one
    title = models.CharField(_("title"), max_length=100)
    url = models.CharField(_("address"), max_length=500)
    message_format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.EVENT)
    host = models.CharField(max_length=500)  # with its port: so many at once are sent to one
    secret = models.TextField()  # encrypted
    previous_secret = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    secret_version = models.PositiveIntegerField(default=1)
    secret_at = models.DateTimeField(default=timezone.now)
    kinds = ArrayField(models.CharField(max_length=60), default=list)  # of a project's; a person chooses them for all
    version = models.PositiveIntegerField(default=1)  # of what people type, so that two of them do not overwrite each other
    is_on = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=10, choices=OffReason, blank=True)
    off_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row, of whatever delivery
    failing_since = models.DateTimeField(null=True)
    last_seconds = models.FloatField(default=0)  # that the last attempt took
    failed_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[WebhookQuerySet] = WebhookQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title

    @property
    def secret_owner(self) -> str:
        """What its secrets are bound to."""
        return f"webhook {self.key}"

    def secrets(self) -> list[str]:
        """The secrets with which messages are signed now, the newest first. Raises CannotDecrypt."""
        sealed = [self.secret]
        if self.previous_secret and self.previous_until and self.previous_until > timezone.now():
            sealed.append(self.previous_secret)
        return [decrypt(item, owner=self.secret_owner) for item in sealed]

    @property
    def old_secret_until(self) -> datetime | None:
        """Until when messages are signed with the previous secret, too."""
        return self.previous_until if self.previous_until and self.previous_until > timezone.now() else None

    @property
    def state(self) -> str:
        """on, failing or off."""
        if not self.is_on:
            return "off"
        return "failing" if self.failures else "active"

    @property
    def holds_others_up(self) -> bool:
        """Whether its last attempt failed, or took long."""
        return self.failures > 0 or self.last_seconds > SLOW_SECONDS

    @property
    def next_attempt(self) -> datetime | None:
        """When a paused one is tried again."""
        return self.paused_until if self.paused_until and self.paused_until > timezone.now() else None


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries as they are asked for."""

    def due(self) -> "DeliveryQuerySet":
        """Those whose next attempt may be made now."""
        return self.filter(state=Delivery.State.WAITING, next_attempt_at__lte=timezone.now())


class Delivery(models.Model):
    """One event for one webhook, or a test without an event; the message is made of the event at each attempt, always the same."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        WITHHELD = "withheld", _("not sent")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey("notices.Event", models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    message = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    tries = models.PositiveIntegerField(default=0)  # since it was last asked for
    attempts = models.PositiveIntegerField(default=0)  # in all
    log = models.JSONField(default=list)  # of the last attempts: at, status, seconds, answer, error
    wanted_at = models.DateTimeField(default=timezone.now)  # when it was last asked for
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["webhook", "event"], name="an_event_once_a_webhook"),)
        indexes = (
            models.Index(fields=["webhook", "next_attempt_at"], condition=Q(state="waiting"), name="deliveries_that_wait"),
            models.Index(fields=["webhook", "-id"], name="deliveries_of_a_webhook"),
            models.Index(fields=["created_at"], name="deliveries_by_age"),
        )

    def __str__(self) -> str:
        return self.message_id

    @property
    def message_id(self) -> str:
        """The header webhook-id: the same at each attempt, so that a receiver knows what it has."""
        return f"msg_{self.message.hex}"

    is_hidden = False  # set by pages: its readers may not know any more what happened

    @property
    def title(self) -> str:
        """What the event says, or that it is a test."""
        if self.is_hidden:
            return str(_("An event that you may no longer see"))
        return self.event.title if self.event else str(_("Test event"))

    @property
    def kind_title(self) -> str:
        """The title of the kind, where it is registered still."""
        if self.kind == TEST_KIND:
            return str(_("Test event"))
        return title_of(self.kind)

    @property
    def last(self) -> dict[str, Any]:
        """The last attempt; empty where there was none."""
        return self.log[-1] if self.log else {}

    @property
    def can_be_sent_again(self) -> bool:
        """Whether it has ended."""
        return self.state != self.State.WAITING


def has_due_deliveries() -> Q:
    """The condition for webhooks that have something to send now."""
    return Q(Exists(Delivery.objects.due().filter(webhook=OuterRef("pk"))))
