"""A request about a project, its state and its comments."""

import uuid
from typing import Any, ClassVar, Self, override

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Membership, Project, Role
from vre_portal.iam.models import User


class ProjectRequestQuerySet(models.QuerySet["ProjectRequest"]):
    """Requests by who may read and answer them."""

    def open(self) -> Self:
        return self.filter(state=ProjectRequest.State.OPEN)

    def answerable_by(self, user: User) -> Self:
        """Those of others in projects that the person leads now."""
        led = Membership.objects.of(user).filter(role=Role.LEAD).values("project")
        return self.filter(project__in=led).exclude(by=user)

    def readable_by(self, user: User) -> Self:
        """One's own, and those that one may answer."""
        led = Membership.objects.of(user).filter(role=Role.LEAD).values("project")
        return self.filter(models.Q(by=user) | models.Q(project__in=led))

    def with_news_for(self, user: User) -> Self:
        """One's own that were answered or commented since one last looked."""
        return self.filter(by=user, answered_at__isnull=False).filter(
            models.Q(seen_at=None) | models.Q(seen_at__lt=models.F("answered_at"))
        )


class ProjectRequest(models.Model):
    """Somebody asks those who lead a project for something; `kind` says for what."""

    class Kind(models.TextChoices):
        JOIN = "join", _("join the project")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        GRANTED = "granted", _("granted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CLOSED = "closed", _("closed")  # the project was archived or deleted

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.JOIN)
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="requests")
    project_title = models.CharField(max_length=200)  # as the person knew it, for when they can see the project no more
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)  # of the form: pressing twice asks once
    asked_role = models.CharField(max_length=10, choices=Role, blank=True)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    granted_role = models.CharField(max_length=10, choices=Role, blank=True)
    answered_at = models.DateTimeField(null=True)  # when somebody else last wrote or decided
    seen_at = models.DateTimeField(null=True)  # when the person last looked

    objects: ClassVar[ProjectRequestQuerySet] = ProjectRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["project", "by", "kind"], condition=models.Q(state="open"), name="one_open_request_of_a_kind"),
            models.UniqueConstraint(fields=["by", "key"], name="one_request_per_form"),
        )
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["project", "state"], name="requests_of_a_project")]

    @override
    def __str__(self) -> str:
        return f"request {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("requests:request", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def state_word(self) -> str:
        """The word whose tone and icon the state has on pages: an open request waits for somebody."""
        return "waiting" if self.is_open else self.state

    def move(self, *, to: State, **facts: Any) -> bool:
        """From open to an end; True for exactly one of those who try at once."""
        rows = type(self)._default_manager.filter(pk=self.pk, state=self.State.OPEN)
        if not rows.update(state=to, **facts):
            return False
        for name, value in {"state": to, **facts}.items():
            setattr(self, name, value)
        return True


class RequestComment(models.Model):
    """A line of the thread: a comment, or the words of the answer."""

    request = models.ForeignKey(ProjectRequest, models.CASCADE, related_name="comments")
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
