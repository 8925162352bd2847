"""The whole log of one job of a run, fetched from REANA because somebody asked for it, and stored for some hours."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.workflows.models.run import Run
from projects.workflows.models.run_topic import topic_of
from vre_portal import events
from vre_portal.jobs.models import Job
from vre_portal.text import storable

KEPT_FOR = timedelta(hours=6)


class WholeLogQuerySet(models.QuerySet["WholeLog"]):
    """Whole logs by their age."""

    def expired(self) -> "WholeLogQuerySet":
        """Those whose time is over."""
        return self.filter(expires_at__lt=timezone.now())


class WholeLog(Job):
    """The log of one job as REANA has it, as a file that is read page by page."""

    class State(models.TextChoices):
        FETCHING = "fetching", _("fetching")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(Run, models.CASCADE, related_name="whole_logs")
    number = models.PositiveIntegerField(help_text=_("Number of the job in its run"))
    state = models.CharField(max_length=10, choices=State, default=State.FETCHING)
    error = models.TextField(blank=True, help_text=_("Why it failed, or what it waits for"))
    file = models.FileField(upload_to="logs/", blank=True)
    size = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    pages = models.JSONField(default=list, help_text=_("First byte and first line of each page"))
    is_cut = models.BooleanField(default=False, help_text=_("Whether it was longer than the portal stores"))
    fetched_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects: ClassVar[WholeLogQuerySet] = WholeLogQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="a_whole_log_once"),)

    def __str__(self) -> str:
        return gettext("Log of job %(number)s of %(run)s") % {"number": self.number, "run": self.run}

    def get_absolute_url(self) -> str:
        return reverse("workflows:log", args=[self.run.project.slug, self.run.number, self.number])

    @property
    def by(self) -> object:
        """Whose token it is fetched with."""
        return self.run.by

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_fetching(self) -> bool:
        return self.state == self.State.FETCHING

    def fetched(self, name: str, *, size: int, lines: int, pages: list[list[Any]], is_cut: bool) -> None:
        """Its text is here, under `name` in the storage; raises LeaseLost where another worker has it meanwhile."""
        now = timezone.now()
        self.write(
            state=self.State.READY, error="", file=name, size=size, lines=lines, pages=pages, is_cut=is_cut, fetched_at=now,
            expires_at=now + KEPT_FOR,
        )  # fmt: skip
        events.publish(topic_of(self.run_id), "log")

    def failed(self, why: str) -> None:
        """It is not tried again unless somebody asks."""
        self.write(state=self.State.FAILED, error=storable(why))

    def delayed(self, why: str) -> None:
        """It could not be fetched this time."""
        self.write(error=storable(why))
