"""The software catalogue: entries, their versions, and the harvests that fill it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Count, F, Func, Q, Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vre_portal.jobs.single import only_run

LANGUAGE = "english"
MOST_NAMED = 20
# A harvest that has said nothing for so long was killed: another may take over.
ABANDONED = timedelta(minutes=5)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries as the pages ask for them."""

    def listed(self) -> "EntryQuerySet":
        return self.filter(deleted=False)

    def matching(self, text: str) -> "EntryQuerySet":
        """Words in title, keywords, people and description, best first; a part of the title counts, too."""
        if not text:
            return self.order_by(Lower("title"), "pk")
        words = SearchQuery(text, config=LANGUAGE, search_type="websearch")
        query = words | SearchQuery(text, config="simple", search_type="websearch")  # names are not bent as words are
        found = self.annotate(rank=SearchRank(F("search"), query)).filter(Q(search=query) | Q(title__icontains=text))
        return found.order_by("-rank", Lower("title"), "pk")

    def with_facets(self, **chosen: str) -> "EntryQuerySet":
        """Only those that have every chosen keyword, type and licence; an empty choice is none."""
        found = self
        if chosen.get("keyword"):
            found = found.filter(keywords__contains=[chosen["keyword"]])
        for name in ("resource_type", "licence"):
            if chosen.get(name):
                found = found.filter(**{name: chosen[name]})
        return found

    def counts(self, name: str, most: int = 12) -> list[tuple[str, int]]:
        """How often each value of a facet occurs, most frequent first."""
        value: Any = Func(F("keywords"), function="unnest", output_field=models.TextField()) if name == "keyword" else F(name)
        rows = self.order_by().annotate(value=value).values("value").annotate(count=Count("pk")).order_by("-count", "value")
        return [(row["value"], row["count"]) for row in rows[:most] if row["value"]]


class Entry(models.Model):
    """One piece of software, whatever its version: what its newest version says of it."""

    service = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    concept = models.CharField(max_length=60, help_text=_("Number that all versions share"))
    record = models.CharField(max_length=60, help_text=_("Number of the newest version"))
    concept_doi = models.CharField(max_length=200, blank=True)
    doi = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True, help_text=_("HTML that has been through the sanitiser"))
    creators = models.JSONField(default=list)
    keywords = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    licence = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    resource_type = models.CharField(max_length=60, blank=True)
    repository = models.URLField(max_length=500, blank=True)
    address = models.URLField(max_length=500, blank=True, help_text=_("The record's page at the source"))
    published = models.CharField(max_length=30, blank=True, help_text=_("A date, or only its year"))
    harvested_at = models.DateTimeField(default=timezone.now)
    deleted = models.BooleanField(default=False)
    search = SearchVectorField(null=True, editable=False)

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title", "pk")
        verbose_name_plural = _("entries")
        constraints = (models.UniqueConstraint(fields=["service", "concept"], name="an_entry_per_concept"),)
        indexes = (GinIndex(fields=["search"], name="software_search"), GinIndex(fields=["keywords"], name="software_keywords"))

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("software:entry", args=[self.concept])

    @property
    def identifier(self) -> str:
        """What names this thing elsewhere: the DOI of all versions, of this one, or the record's address."""
        return self.concept_doi or self.doi or self.address

    def step_back(self, newest: "Version | None") -> None:
        """Versions are gone: the newest that is left speaks for the entry, and without any it is hidden."""
        self.deleted = newest is None
        if newest and newest.record != self.record:
            self.record, self.doi, self.version = newest.record, newest.doi, newest.name
            self.published, self.address = newest.published, newest.address
        self.save(update_fields=["deleted", "record", "doi", "version", "published", "address"])

    def index(self) -> None:
        """Write what the search looks at."""
        people = " ".join(creator["name"] for creator in self.creators)
        vector = (
            SearchVector(Value(self.title), weight="A", config=LANGUAGE)
            + SearchVector(Value(" ".join(self.keywords)), weight="B", config=LANGUAGE)
            + SearchVector(Value(people), weight="B", config="simple")
            + SearchVector(Value(self.description), weight="C", config=LANGUAGE)
        )
        Entry.objects.filter(pk=self.pk).update(search=vector)


class Version(models.Model):
    """One record of an entry."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="versions")
    service = models.CharField(max_length=60)
    record = models.CharField(max_length=60)
    identifier = models.CharField(max_length=200, help_text=_("OAI identifier"))
    doi = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=100, blank=True)
    published = models.CharField(max_length=30, blank=True)
    address = models.URLField(max_length=500, blank=True)
    harvest = models.ForeignKey(
        "Harvest", models.SET_NULL, null=True, related_name="+", help_text=_("The last harvest that had this version")
    )

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["service", "identifier"], name="a_version_once"),)

    def __str__(self) -> str:
        return self.name or self.record


class HarvestQuerySet(models.QuerySet["Harvest"]):
    """Harvests of one source, or of all."""

    def done(self) -> "HarvestQuerySet":
        return self.filter(state=Harvest.State.DONE)

    def begin(self, service: str, *, since: datetime | None) -> "Harvest | None":
        """A new harvest of this source, or None while another is at work."""
        give_up = methodcaller("failed", gettext("The last update was interrupted."))
        return only_run(self, {"service": service}, silent=ABANDONED, give_up=give_up, since=since)


class Harvest(models.Model):
    """One reading of a source: what was asked for, and the result."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    service = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    since = models.DateTimeField(null=True, help_text=_("Changes since this time; empty for everything"))
    until = models.DateTimeField(null=True, help_text=_("The source's own clock at the first answer"))
    records = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    skipped = models.PositiveIntegerField(default=0, db_default=0, help_text=_("Records that could not be read or stored"))
    skipped_unnamed = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Of these, those of which not even the name could be read")
    )
    skipped_names = models.JSONField(default=list, db_default=[], help_text=_("The first of them, each with the reason"))
    started_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[HarvestQuerySet] = HarvestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["service"], condition=Q(state="running"), name="one_harvest_at_a_time"),)

    def __str__(self) -> str:
        return f"{self.service}: {self.state}"

    @property
    def is_full(self) -> bool:
        return self.since is None

    def heard(self, *, until: datetime, records: int, skipped: Sequence[tuple[str, str]] = ()) -> None:
        """A page came and is stored, save what was skipped: pairs of a name and a reason."""
        self.skipped += len(skipped)
        self.skipped_unnamed += sum(not name for name, _ in skipped)
        self.skipped_names = [*self.skipped_names, *map(list, skipped)][:MOST_NAMED]
        self.until = self.until or until
        self.requests += 1
        self.records += records
        self.heard_at = timezone.now()
        self.save(update_fields=["until", "requests", "records", "heard_at", "skipped", "skipped_unnamed", "skipped_names"])

    def done(self, *, removed: int = 0) -> None:
        self.state, self.removed, self.finished_at = self.State.DONE, removed, timezone.now()
        self.save(update_fields=["state", "removed", "finished_at"])

    def failed(self, error: str) -> None:
        self.state, self.error, self.finished_at = self.State.FAILED, error[:500], timezone.now()
        self.save(update_fields=["state", "error", "finished_at"])
