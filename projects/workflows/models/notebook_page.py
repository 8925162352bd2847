"""Notebook pages: a workflow that executes a notebook, shown as a form with its result, and the results that were computed."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.workflows.exact_json import ExactJSONField
from projects.workflows.models.run import Run
from projects.workflows.models.specification import Specification
from projects.workflows.models.version import SpecificationVersion
from vre_portal.jobs.models import Job
from vre_portal.text import storable

READ_WITHIN = timedelta(minutes=15)  # of the end of its run; later nobody waits for it


class NotebookPage(models.Model):
    """A page on which people choose the parameters of a workflow and read the notebook that it executes."""

    specification = models.OneToOneField(Specification, models.CASCADE, related_name="notebook_page")
    output = models.CharField(max_length=600, help_text=_("Path of the executed notebook among the outputs of the workflow"))
    source = models.ForeignKey(
        Specification, models.SET_NULL, null=True, blank=True, related_name="+",
        help_text=_("The workflow whose files have the notebook, where the page's own workflow was made for it"),
    )  # fmt: skip
    notebook = models.CharField(max_length=600, blank=True, help_text=_("Path of the notebook among these files"))
    description = models.TextField(blank=True, max_length=2000)
    is_public = models.BooleanField(default=False, help_text=_("Everybody who sees the project sees the results"))
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("specification__title", "pk")

    def __str__(self) -> str:
        return self.specification.title

    def get_absolute_url(self) -> str:
        return reverse("notebook-pages:show", args=[self.specification.project.slug, self.specification.name])


class NotebookRendering(Job):
    """The notebook as it was executed with some values at one version of its workflow; one is computed at a time.

    What was computed last stays while it is computed again, and after that has failed.
    """

    class State(models.TextChoices):
        COMPUTING = "computing", _("being computed")
        READY = "ready", _("computed")
        FAILED = "failed", _("failed")

    page = models.ForeignKey(NotebookPage, models.CASCADE, related_name="renderings")
    version = models.ForeignKey(SpecificationVersion, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, help_text=_("Of the values, by which a result is found again"))
    parameters = ExactJSONField(default=dict)
    run = models.ForeignKey(
        Run, models.SET_NULL, null=True, related_name="renderings", help_text=_("The run that computes it, or computed it last")
    )
    state = models.CharField(max_length=10, choices=State, default=State.COMPUTING)
    reason = models.TextField(blank=True, help_text=_("Why it failed"))
    sections = models.JSONField(
        null=True, help_text=_("The cells as they were read, without their pictures; empty before the first result")
    )
    made_at = models.DateTimeField(null=True, blank=True, help_text=_("When the result that is here was read"))
    made_by = models.ForeignKey(
        Run, models.CASCADE, null=True, related_name="+", help_text=_("The run that the result comes from; the result goes with it")
    )

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["page", "version", "digest"], name="a_rendering_once"),)
        indexes = (models.Index(fields=["run"], condition=models.Q(state="computing"), name="renderings_computing"),)

    CHANGED: ClassVar = ("state", "made_at", "run_id", "made_by_id")  # columns that a page shows
    ANEW: ClassVar = {**Job.ANEW, "attempt": F("attempt") + 1}  # a worker that reads the earlier run's notebook writes nothing any more

    def __str__(self) -> str:
        return f"{self.page_id}/{self.digest[:12]}"

    @property
    def is_computing(self) -> bool:
        return self.state == self.State.COMPUTING and not self.why_stale

    @property
    def why_stale(self) -> str:
        """Why what is noted as being computed is not; empty where it is."""
        if self.state != self.State.COMPUTING:
            return ""
        if self.run is None:
            return gettext("The run was deleted before its result was read.")
        end = self.run.finished_at if self.run.ended else None
        return gettext("The run has ended, but its notebook was not read in time.") if end and end < timezone.now() - READ_WITHIN else ""

    @property
    def why_failed(self) -> str:
        """Why it has to be computed again; empty where nothing went wrong."""
        return (self.reason or gettext("The run failed. Its log says why.")) if self.state == self.State.FAILED else self.why_stale

    @property
    def has_result(self) -> bool:
        return self.made_at is not None

    def failed(self, reason: str) -> None:
        """It is not tried again unless somebody asks; an earlier result stays. Raises LeaseLost."""
        self.write(state=self.State.FAILED, reason=storable(reason))

    def read(self, sections: list[dict[str, Any]]) -> None:
        """The result is here. Raises LeaseLost."""
        self.write(
            state=self.State.READY, reason="", sections=sections, made_at=timezone.now(), made_by_id=self.run_id,
        )  # fmt: skip


class NotebookPicture(models.Model):
    """A picture of a rendering, as the reader of notebooks encoded it again."""

    rendering = models.ForeignKey(NotebookRendering, models.CASCADE, related_name="pictures")
    number = models.PositiveIntegerField(help_text=_("Of its section"))
    content = models.BinaryField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["rendering", "number"], name="a_notebook_picture_once"),)

    def __str__(self) -> str:
        return f"{self.rendering_id}/{self.number}"
