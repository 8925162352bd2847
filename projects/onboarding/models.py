"""What a person answered before a project, and the plan of a project with its items."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, Self, override

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.requests.models import Request
from vre_portal.iam.models import User

FOLLOWED = (*Request.UNFINISHED, Request.State.GRANTED)  # states of a request that its item has, too
STEPS = ("people", "data", "compute", "software", "further")


class OnboardingQuerySet(models.QuerySet["Onboarding"]):
    """Onboardings of a person."""

    def open(self) -> Self:
        """Those that have not been finished."""
        return self.filter(finished_at=None)


class Onboarding(models.Model):
    """The answers of one person about one planned project, step by step; only this person sees them."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.UUIDField(default=uuid.uuid4)  # of the form that began it: pressing twice begins one
    title = models.CharField(max_length=200)
    answers = models.JSONField(default=dict)  # step -> values of its form
    versions = models.JSONField(default=dict)  # step -> how often it was saved
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="+")  # that was made of it
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    open_requests: int = 0  # of the person, of whatever kind, where they were counted with the row

    objects: ClassVar[OnboardingQuerySet] = OnboardingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-changed_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="one_onboarding_per_form"),)
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["changed_at"], name="onboardings_by_age")]

    @override
    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("onboarding:continue", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    def values_of(self, step: str) -> dict[str, Any]:
        """What was answered in a step; empty where nothing was."""
        values = self.answers.get(step) if isinstance(self.answers, dict) else None
        return values if isinstance(values, dict) else {}

    def version_of(self, step: str) -> int:
        """How often a step was saved."""
        version = self.versions.get(step) if isinstance(self.versions, dict) else None
        return version if isinstance(version, int) else 0

    @property
    def fingerprint(self) -> str:
        """The versions of all steps, as the review sends them back: it confirms these answers and no later ones."""
        return ".".join(str(self.version_of(step)) for step in STEPS)

    @property
    def next_step(self) -> str:
        """The first step that was never saved, or the review."""
        return next((step for step in STEPS if not self.version_of(step)), "review")


class Plan(models.Model):
    """What has to be done before a project can work: for its people, and by a link for others."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="plan")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    secret_digest = models.CharField(max_length=64, blank=True)  # of the link for people outside of the project; empty where there is none
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    shared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["secret_digest"], condition=~models.Q(secret_digest=""), name="one_plan_for_a_link"),
        )

    @override
    def __str__(self) -> str:
        return f"plan of project {self.project_id}"

    def get_absolute_url(self) -> str:
        return reverse("plan:plan", args=[self.project.slug])

    @property
    def sharing_mark(self) -> str:
        """Stands for the link as it is, without telling it: another one after each change."""
        return self.digest(f"{self.shared_at}/{self.secret_digest}")[:16]

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a secret of 256 random bits."""
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


class PlanItem(models.Model):
    """One thing to do, for a need, for a request that waits for its answer, or as people added it."""

    class State(models.TextChoices):
        OPEN = "open", _("to do")
        DONE = "done", _("done")
        NOT_NEEDED = "not needed", _("not needed")

    class Source(models.TextChoices):
        MATCH = "match", _("exists here")
        REQUEST = "request", _("requested")
        GAP = "gap", _("nothing found")
        OWN = "own", _("added by people")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=10, choices=Source, default=Source.OWN)
    step = models.CharField(max_length=12, blank=True)  # the step of the onboarding that it comes from
    need = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    why = models.CharField(max_length=600, blank=True)
    url = models.CharField(max_length=600, blank=True)
    audience = models.TextField(blank=True)  # who may know of what it names, as vre_portal.search.audiences writes it; empty: the readers
    request = models.ForeignKey(Request, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    person = models.CharField(max_length=200, blank=True)  # who does it, as text: it may be somebody without an account
    due = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    key = models.UUIDField(default=uuid.uuid4)  # of the form that added it
    ticked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    ticked_at = models.DateTimeField(null=True)

    shown_matches: Sequence["PlanMatch"] = ()  # those that a reader may know of, where they were read

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["plan", "key"], name="one_plan_item_per_form"),)
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["plan", "position"], name="plan_items_in_order")]

    @override
    def __str__(self) -> str:
        return f"item {self.pk} of plan {self.plan_id}"

    @property
    def follows_request(self) -> bool:
        """Whether its state is that of its request: until this ends without being granted, nobody marks the item."""
        return self.request is not None and self.request.state in FOLLOWED

    @property
    def current_state(self) -> State:
        """The state that people gave it, or that its request gives it."""
        if self.request is None or not self.follows_request:
            return self.State(self.state)
        return self.State.DONE if self.request.state == Request.State.GRANTED else self.State.OPEN

    @property
    def is_open(self) -> bool:
        return self.current_state == self.State.OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due is not None and self.due < timezone.now().date()

    @property
    def state_word(self) -> str:
        """The word whose tone and icon the state has on pages."""
        return {"open": "waiting", "done": "done"}.get(self.current_state, "skipped")


class PlanMatch(models.Model):
    """Something that exists and may serve the need of an item: the alternatives of one thing to do."""

    item = models.ForeignKey(PlanItem, models.CASCADE, related_name="matches")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=300)
    why = models.CharField(max_length=600, blank=True)
    url = models.CharField(max_length=600, blank=True)
    audience = models.TextField(blank=True)  # who may know of it, as in PlanItem

    class Meta:
        ordering = ("position", "pk")

    @override
    def __str__(self) -> str:
        return f"match {self.pk} of item {self.item_id}"


def onboardings_of(user: User) -> OnboardingQuerySet:
    """Those of one person; nobody else's are ever shown."""
    return Onboarding.objects.filter(by=user)
