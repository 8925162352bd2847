"""What a run has shown, as a thing of its own: presented with people, licence and words, cited, published, and withdrawn."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Resource
from projects.workflows.models.run import Run


class ResultManager(models.Manager["Result"]):
    """Results of runs."""

    def present(self, run: Run, **texts: Any) -> "Result":
        """The result of a run; where it has none yet, one with these words, the others made from what is known."""
        first = {**first_words(run), **texts, "was_published": partial(_is_shown_to_all, run)}
        return self.get_or_create(run=run, defaults=first)[0]

    def present_published(self, runs: Iterable[Run]) -> None:
        """A result for each of the finished runs, which people outside the project see from now on."""
        ended = [run for run in runs if run.status == Run.Status.FINISHED]
        self.bulk_create([self.model(run=run, **first_words(run)) for run in ended], ignore_conflicts=True)
        self.filter(run__in=[run.pk for run in ended]).update(was_published=True)


def first_words(run: Run) -> dict[str, Any]:
    """What a result says before anybody wrote about it."""
    named = {"title": run.specification.title, "number": run.number}
    return {
        "title": (run.title or gettext("%(title)s, run %(number)s") % named)[:200],
        "people": [{"name": str(run.by), "orcid": run.by.orcid}],
        "licence": run.project.licence,
    }


def _is_shown_to_all(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk).shown_to_all().exists()


class Result(models.Model):
    """A finished run as others read it; numbered as the run is. Who sees the run sees it; its numbers and files are the run's."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="result")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text=_("Markdown"))
    people = models.JSONField(default=list, help_text=_("name and orcid of each person to cite"))
    licence = models.CharField(max_length=100, blank=True, help_text=_("SPDX identifier"))
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    was_published = models.BooleanField(default=False, help_text=_("Whether people outside the project could see it at some time"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_reason = models.TextField(blank=True)

    objects: ClassVar[ResultManager] = ResultManager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("results:show", args=[self.run.project.slug, self.run.number])

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def people_list(self) -> list[dict[str, str]]:
        """The people, whatever the column holds."""
        rows = self.people if isinstance(self.people, list) else []
        return [{"name": str(row.get("name", "")), "orcid": str(row.get("orcid", ""))} for row in rows if isinstance(row, dict)]

    def edit(self, version: int, **texts: Any) -> bool:
        """Write what people say of it; False where it is not in the version that they saw, or was withdrawn."""
        changed = type(self).objects.filter(pk=self.pk, version=version, withdrawn_at=None).update(version=version + 1, **texts)
        return bool(changed)

    def published(self) -> None:
        """People outside the project see it from now on."""
        type(self).objects.filter(pk=self.pk).update(was_published=True)

    def note_audience(self) -> None:
        """Note, before they no longer see it, that people outside the project see it, however it became visible."""
        if not self.was_published and _is_shown_to_all(self.run):
            self.published()
            self.was_published = True

    @property
    def can_be_deleted(self) -> bool:
        """Whether nobody outside the project has seen it, nor read its data in a lake: it needs no tombstone."""
        return not (self.is_withdrawn or self.was_published or _is_shown_to_all(self.run) or self.run.keeps.exists())

    def withdraw(self, by: Any, reason: str) -> None:
        """Its page says from now on that it was withdrawn, and why."""
        self.withdrawn_at, self.withdrawn_by, self.withdrawn_reason = timezone.now(), by, reason
        self.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])

    def mark_kept(self) -> None:
        """The datasets that were kept stay in the lakes; wherever the project names them, it is said that the result was withdrawn."""
        facts = {"withdrawn_at": self.withdrawn_at.isoformat() if self.withdrawn_at else "", "withdrawn": self.get_absolute_url()}
        for item in Resource.objects.filter(project=self.run.project, kind=Resource.Kind.RESULT, facts__run=self.run.number):
            item.facts = {**item.facts, **facts}
            item.save(update_fields=["facts"])
