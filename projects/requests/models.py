"""A request, its state and its thread; its history and the job that carries it out are in `progress_models`."""

import uuid
from collections.abc import Collection
from datetime import date
from typing import Any, ClassVar, Self, override

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project, Role
from projects.requests.attachment_files import path_of
from projects.requests.progress_models import RequestAct, RequestEvent
from vre_portal.iam.models import User

__all__ = ["Request", "RequestAct", "RequestAttachment", "RequestComment", "RequestEvent", "StoredAnswer"]


class RequestsQuerySet(models.QuerySet["Request"]):
    """Requests by what is to be done with them; who may read and answer them is in `permissions`."""

    def open(self) -> Self:
        return self.filter(state=Request.State.OPEN)

    def unfinished(self) -> Self:
        """Not decided yet, or decided and not carried out yet."""
        return self.filter(state__in=Request.UNFINISHED)

    def to_act(self) -> Self:
        """Those for which the people who can answer have to do something: decide, act by hand, or look at a failure."""
        by_hand = models.Q(state=Request.State.APPROVED, needs_hand=True)
        return self.filter(models.Q(state__in=(Request.State.OPEN, Request.State.ACT_FAILED)) | by_hand)

    def overdue(self) -> Self:
        return self.unfinished().filter(due_at__lt=timezone.localdate())

    def with_news_for(self, user: User) -> Self:
        """One's own that were answered or commented since one last looked."""
        return self.filter(by=user, answered_at__isnull=False).filter(
            models.Q(seen_at=None) | models.Q(seen_at__lt=models.F("answered_at"))
        )


class Request(models.Model):
    """Somebody asks for something that others decide; `kind` says for what, see `kinds`."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        APPROVED = "approved", _("approved, in progress")
        ACTING = "acting", _("being carried out")
        ACT_FAILED = "act_failed", _("approved, not carried out")
        GRANTED = "granted", _("granted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CLOSED = "closed", _("closed")  # the project was archived or deleted

    UNFINISHED = (State.OPEN, State.APPROVED, State.ACTING, State.ACT_FAILED)

    kind = models.CharField(max_length=60, default="join")
    subject = models.CharField(max_length=300, blank=True)  # what it is about: a person has one unfinished request of a kind about it
    title = models.CharField(max_length=200, blank=True)
    values = models.JSONField(default=dict, blank=True)  # what the form of the kind asked for
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="requests")
    project_title = models.CharField(max_length=200, blank=True)  # as the person knew it, for when they can see the project no more
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)  # of the form: pressing twice asks once
    asked_role = models.CharField(max_length=10, choices=Role, blank=True)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    assignees = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    due_at = models.DateField(null=True)
    locked = models.BooleanField(default=False)  # only people who can answer write in the thread
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.JSONField(default=dict, blank=True)  # what the form of the decision asked for
    needs_hand = models.BooleanField(default=False)  # approved, and the portal cannot carry it out, or not before its approver signs in
    granted_role = models.CharField(max_length=10, choices=Role, blank=True)
    result = models.JSONField(default=dict, blank=True)  # text and url of what carrying it out made
    answered_at = models.DateTimeField(null=True)  # when somebody else last wrote or decided
    seen_at = models.DateTimeField(null=True)  # when the person last looked

    objects: ClassVar[RequestsQuerySet] = RequestsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["by", "kind", "subject"],
                condition=models.Q(state__in=("open", "approved", "acting", "act_failed")) & ~models.Q(subject=""),
                name="one_unfinished_about_a_subject",
            ),
            models.UniqueConstraint(fields=["by", "key"], name="one_request_per_form"),
        )
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["project", "state"], name="requests_of_a_project"),
            models.Index(fields=["kind", "state", "-id"], name="requests_of_a_kind"),
            models.Index(fields=["by", "-id"], name="requests_of_a_person"),
        ]

    @override
    def __str__(self) -> str:
        return f"request {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("requests:request", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def waits_for_hand(self) -> bool:
        """Approved, and somebody has to do it."""
        return self.state == self.State.ACT_FAILED or (self.state == self.State.APPROVED and self.needs_hand)

    @property
    def can_be_ended(self) -> bool:
        """Approved, and neither carried out nor in the hand of a worker, whatever it waits for: a stop, a service, a sign-in, somebody."""
        return self.state in (self.State.ACT_FAILED, self.State.APPROVED)

    @property
    def is_overdue(self) -> bool:
        return self.is_unfinished and isinstance(self.due_at, date) and self.due_at < timezone.localdate()

    @property
    def state_word(self) -> str:
        """The word whose tone and icon the state has on pages: an open request waits for somebody."""
        match self.state:
            case self.State.OPEN:
                return "waiting"
            case self.State.APPROVED:
                return "waiting" if self.needs_hand else "granting"
            case self.State.ACTING:
                return "granting"
            case self.State.ACT_FAILED:
                return "stuck"
            case _:
                return self.state

    def move(self, *, to: State, before: Collection[str] = (State.OPEN,), **facts: Any) -> bool:
        """From one of some states to another; True for exactly one of those who try at once."""
        rows = type(self)._default_manager.filter(pk=self.pk, state__in=before)
        if not rows.update(state=to, **facts):
            return False
        for name, value in {"state": to, **facts}.items():
            setattr(self, name, value)
        return True


class RequestComment(models.Model):
    """A line of the thread: a comment, or the words of the answer."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")  # nobody where the portal says it
    key = models.UUIDField(default=uuid.uuid4)
    text = models.TextField()
    is_answer = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["request", "key"], name="one_comment_per_form"),)

    @override
    def __str__(self) -> str:
        return f"comment {self.pk} of request {self.request_id}"


class RequestAttachment(models.Model):
    """A file that belongs to a request or to one of its comments."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="attachments")
    comment = models.ForeignKey(RequestComment, models.CASCADE, null=True, related_name="attachments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    file = models.FileField(upload_to=path_of, max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    @override
    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("requests:attachment", args=[self.request_id, self.pk])


class StoredAnswer(models.Model):
    """A template of answers that administrators wrote."""

    kind = models.CharField(max_length=60, blank=True)  # empty: for all kinds
    title = models.CharField(max_length=100)
    text = models.TextField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("title", "pk")

    @override
    def __str__(self) -> str:
        return self.title
