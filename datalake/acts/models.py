"""An act: what somebody wants done in a Data Lake, and what became of it."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from vre_portal.jobs.models import Job
from vre_portal.text import storable


class ActQuerySet(models.QuerySet["Act"]):
    """Acts by what is to be done with them."""

    def unended(self) -> Self:
        """What a worker still has to do."""
        return self.filter(state__in=Act.UNENDED)

    def about(self, lake: str, subject: str) -> Self:
        """What was done with one DID ("scope:name") or one rule (its id)."""
        return self.filter(lake=lake, subjects__contains=[subject])


class Act(Job):
    """One wish of one person, written with the press of the button; a worker brings it to the lake."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNENDED = (State.QUEUED, State.RUNNING)
    AGAIN = (State.REFUSED, State.FAILED)

    lake = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subjects = models.JSONField(default=list, help_text="The DIDs as scope:name, and the rule's id, that it is about")
    arguments = models.JSONField(default=dict, help_text="As the kind's dataclass has them")
    key = models.UUIDField(default=uuid.uuid4, help_text="Of the form: the same one sent twice is one act")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    answer = models.TextField(blank=True, help_text="What the lake said, in words")
    results = models.JSONField(default=list, help_text="What was done one by one")
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(default=timezone.now, help_text="When it was last asked for")
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ActQuerySet.as_manager()

    class Meta:
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
        """What it is about first of all."""
        return str(self.subjects[0]) if self.subjects else ""

    def moved(self, state: str, answer: str = "") -> bool:
        """It is one stage further, or where it was with a reason; False where it was called off. Raises LeaseLost."""
        now, words = timezone.now(), storable(answer)
        ended = None if state in self.UNENDED else now
        here = models.Q(state__in=self.UNENDED)
        return self.write(here, state=self.State(state), answer=words, changed_at=now, ended_at=ended)

    def noted(self, *results: dict[str, str]) -> None:
        """What became of some of several things; a later word on the same one replaces the earlier. Raises LeaseLost."""
        entries = {str(item["what"]): item for item in self.results}
        for result in results:
            entries[storable(result["what"])] = {name: storable(value) for name, value in result.items()}
        self.write(results=list(entries.values()), changed_at=timezone.now())

    @classmethod
    def ask_again(cls, pk: int) -> bool:
        """Put one that did not come to pass back into the queue; False where it was not such a one."""
        again, now = cls._default_manager.filter(pk=pk, state__in=cls.AGAIN), timezone.now()
        values = {**cls.ANEW, "answer": "", "ended_at": None, "asked_at": now}
        return bool(again.update(state=cls.State.QUEUED, changed_at=now, **values))

    @classmethod
    def call_off(cls, pk: int) -> bool:
        """End one that no worker has in hand; False where one has."""
        waiting, words = cls._default_manager.filter(pk=pk, state=cls.State.QUEUED), "You called it off. What was done before stays done."
        return bool(waiting.update(state=cls.State.CANCELLED, answer=words, ended_at=timezone.now(), changed_at=timezone.now()))
