"""An operation: a change that a person requested in a Data Lake, and its result. Pages call it a request."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.models import Job
from vre_portal.text import storable


class OperationQuerySet(models.QuerySet["Operation"]):
    """Operations by their state and subject."""

    def unended(self) -> Self:
        """Operations that are queued or running."""
        return self.filter(state__in=Operation.UNENDED)

    def about(self, lake: str, subject: str) -> Self:
        """Operations on one DID ("scope:name") or one rule (its id)."""
        return self.filter(lake=lake, subjects__contains=[subject])


class Operation(Job):
    """One request of one person, stored when they send it; a worker carries it out in the lake."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("state", "queued")
        RUNNING = "running", pgettext_lazy("state", "running")
        DONE = "done", pgettext_lazy("state", "done")
        REFUSED = "refused", pgettext_lazy("state", "refused")
        FAILED = "failed", pgettext_lazy("state", "failed")
        CANCELLED = "cancelled", pgettext_lazy("state", "cancelled")

    UNENDED = (State.QUEUED, State.RUNNING)
    AGAIN = (State.REFUSED, State.FAILED)

    lake = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subjects = models.JSONField(default=list, help_text=_("The DIDs as scope:name, or the rule's id"))
    arguments = models.JSONField(default=dict, help_text=_("The fields of the kind's dataclass"))
    key = models.UUIDField(default=uuid.uuid4, help_text=_("The form's key: a form sent twice is one request"))
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    answer = models.TextField(blank=True, help_text=_("The result in words"))
    results = models.JSONField(default=list, help_text=_("The result of each DID"))
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(default=timezone.now, help_text=_("When it was last requested or retried"))
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        db_table = "lake_acts_act"  # as it was called before
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="one_act_per_form"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["by", "lake", "-id"], name="acts_of_a_person"),
            models.Index(fields=["lease_until"], condition=models.Q(state__in=("queued", "running")), name="acts_to_do"),
        ]

    def __str__(self) -> str:
        return f"act {self.pk}: {self.kind}"

    def get_absolute_url(self) -> str:
        return reverse("lake_acts:act", args=[self.lake, self.pk])

    @property
    def ended(self) -> bool:
        return self.state not in self.UNENDED

    @property
    def subject(self) -> str:
        """The first of the subjects; empty where there are none."""
        return str(self.subjects[0]) if self.subjects else ""

    def moved(self, state: str, answer: str = "") -> bool:
        """Store a new state, or the same one with a reason; False where the person has cancelled it. Raises LeaseLost."""
        now, words = timezone.now(), storable(answer)
        ended = None if state in self.UNENDED else now
        here = models.Q(state__in=self.UNENDED)
        return self.write(here, state=self.State(state), answer=words, changed_at=now, ended_at=ended)

    def noted(self, *results: dict[str, str]) -> None:
        """Store results of single DIDs; a later result of the same DID replaces the earlier one. Raises LeaseLost."""
        entries = {str(item["what"]): item for item in self.results}
        for result in results:
            entries[storable(result["what"])] = {name: storable(value) for name, value in result.items()}
        self.write(results=list(entries.values()), changed_at=timezone.now())

    @classmethod
    def requeue(cls, pk: int) -> bool:
        """Queue a refused or failed operation again; False where it is neither."""
        again, now = cls._default_manager.filter(pk=pk, state__in=cls.AGAIN), timezone.now()
        values = {**cls.ANEW, "answer": "", "ended_at": None, "asked_at": now}
        return bool(again.update(state=cls.State.QUEUED, changed_at=now, **values))

    @classmethod
    def cancel_queued(cls, pk: int) -> bool:
        """Cancel a queued operation; False where it is no longer queued."""
        waiting, words = (
            cls._default_manager.filter(pk=pk, state=cls.State.QUEUED),
            gettext("Cancelled by you. Steps already done are kept."),
        )
        return bool(waiting.update(state=cls.State.CANCELLED, answer=words, ended_at=timezone.now(), changed_at=timezone.now()))


class StuckRule(models.Model):
    """A rule of a person that was stuck when the portal last looked: it is told once until it is in order again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lake = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "lake", "rule"], name="a_stuck_rule_once"),)

    def __str__(self) -> str:
        return self.rule


class QuotaMark(models.Model):
    """How full a quota of a person was when they were told: it is told again after it was emptier for a while."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lake = models.CharField(max_length=60)
    rse = models.CharField(max_length=255)
    percent = models.PositiveSmallIntegerField(help_text=_("The mark that was passed"))
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "lake", "rse"], name="a_quota_mark_once"),)

    def __str__(self) -> str:
        return f"{self.percent} % of {self.rse}"  # untranslated: on no page
