"""The history of a request, and the job that carries it out."""

from typing import ClassVar, override

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job


class RequestEvent(models.Model):
    """A step of the request's history, which stands between the comments of its thread."""

    class What(models.TextChoices):
        ASSIGNED = "assigned", _("assigned")
        UNASSIGNED = "unassigned", _("assignment removed")
        DUE = "due", _("due date set")
        NOT_DUE = "not_due", _("due date removed")
        LOCKED = "locked", _("thread locked")
        UNLOCKED = "unlocked", _("thread unlocked")
        APPROVED = "approved", _("approved")
        FAILED = "failed", _("not carried out")
        WAITING = "waiting", _("waits for a sign-in")
        RETRIED = "retried", _("tried again")
        DONE = "done", _("carried out")

    request = models.ForeignKey("requests.Request", models.CASCADE, related_name="events")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")  # nobody: the portal
    what = models.CharField(max_length=12, choices=What)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )  # who was assigned, or whose sign-in it waits for
    text = models.TextField(blank=True)  # a date, or the cause of a failure
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    @override
    def __str__(self) -> str:
        return f"{self.what} of request {self.request_id}"


class RequestAct(Job):
    """Carrying out an approved request, with the rights of the person who approved it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    request = models.OneToOneField("requests.Request", models.CASCADE, related_name="act")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(blank=True)  # why it is not done yet; names nobody
    waits_since = models.DateTimeField(null=True)  # since when it needs a sign-in of `by`
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["lease_until"], name="acts_that_wait", condition=models.Q(state="waiting"))
        ]

    @override
    def __str__(self) -> str:
        return f"act of request {self.request_id}"
