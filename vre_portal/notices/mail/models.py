"""What waits to be mailed, the mails that were sent, and what stands in the way of mail to a person."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job
from vre_portal.notices.kinds import Delivery
from vre_portal.notices.models import Notice


class Schedule(models.TextChoices):
    """When a notice is mailed; the values are those of `Delivery`."""

    AT_ONCE = Delivery.MAIL.value, _("at once")
    DIGEST = Delivery.DIGEST.value, _("daily")


class MailJob(Job):
    """Sends a person what waits for them on one schedule. Kept between mails: it knows when the next one may be sent."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_jobs")
    schedule = models.CharField(max_length=10, choices=Schedule)
    not_before = models.DateTimeField(null=True)
    mails_in_a_row = models.PositiveIntegerField(default=0)  # that followed each other as closely as they may
    last_sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["by", "schedule"], name="a_mail_job_once"),)

    def __str__(self) -> str:
        return f"mail job {self.pk}"


class Mail(models.Model):
    """One mail: when it was sent and how many notices it held. What it said is not stored."""

    class State(models.TextChoices):
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("unknown")  # perhaps handed over, several times; not tried again

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_mails")
    schedule = models.CharField(max_length=10, choices=Schedule)
    key = models.UUIDField(default=uuid.uuid4, unique=True)  # in its Message-ID: a repeated mail has the same one
    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    notices = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)  # to hand it over
    answer = models.CharField(max_length=300, blank=True)  # of a mail server that refused it
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-id"], name="mails_of_a_person"),
            models.Index(fields=["created_at"], name="oldest_mails"),
        ]
        # What was perhaps handed over is finished before another begins.
        constraints = (
            models.UniqueConstraint(fields=["user", "schedule"], condition=models.Q(state="sending"), name="one_mail_being_sent"),
        )

    def __str__(self) -> str:
        return f"mail {self.pk}"


class QueuedNotice(models.Model):
    """A notice that waits to be mailed; the row goes when the mail is sent."""

    notice = models.OneToOneField(Notice, models.CASCADE, related_name="queued_for_mail")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="queued_notices")
    schedule = models.CharField(max_length=10, choices=Schedule)
    at = models.DateTimeField(default=timezone.now)
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, related_name="queued")  # that is being sent with it

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "schedule", "at"], name="mail_queue_of_a_person")]

    def __str__(self) -> str:
        return f"queued notice {self.pk}"


class MailSetting(models.Model):
    """A person turned all e-mail off, or their address was refused; no row is neither."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_setting")
    is_off = models.BooleanField(default=False)
    refused_address = models.CharField(max_length=320, blank=True)  # another address of the account is tried again
    refused_answer = models.CharField(max_length=300, blank=True)
    refused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"mail setting of user {self.pk}"
