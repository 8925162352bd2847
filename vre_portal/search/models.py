"""The index of the one search, what waits to be indexed, and the searches that people keep."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User

MAX_QUERY = 2_000  # characters


class SearchAudience(models.Model):
    """A rule that says who may know of documents; there are few, and a number is never used again."""

    rule = models.TextField(unique=True)

    class Meta:
        db_table = "search_audience"

    def __str__(self) -> str:
        return self.rule


class SearchDocument(models.Model):
    """One thing that can be found. The tables that it is made of are the truth; it can be made anew at any time."""

    kind = models.CharField(max_length=30, help_text=_("The source that it comes from"))
    key = models.CharField(max_length=200, db_collation="C")
    type = models.CharField(max_length=30)
    title = models.CharField(max_length=300)
    subtitle = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=2_000)
    facets = ArrayField(models.TextField(), default=list)
    words = ArrayField(models.TextField(), default=list, help_text=_("Words that are offered while somebody types"))
    depends = ArrayField(models.TextField(), default=list, help_text=_("The rows that it was made of"))
    audience = models.ForeignKey(SearchAudience, models.PROTECT, related_name="+")
    created = models.DateTimeField(null=True)
    changed = models.DateTimeField(default=timezone.now)
    boost = models.FloatField(default=1.0)
    is_last = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    vector = SearchVectorField()

    class Meta:
        db_table = "search_document"
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="a_document_once"),)
        indexes = (
            GinIndex(fields=["vector"], name="search_vector", fastupdate=False),
            GinIndex(fields=["depends"], name="search_depends"),
            models.Index(fields=["-changed", "-id"], name="search_newest"),
        )

    def __str__(self) -> str:
        return self.title


class IndexChange(models.Model):
    """A row changed of which documents are made: written by triggers, removed with the documents that are written anew.

    Without a key all rows of the topic may have changed.
    """

    topic = models.CharField(max_length=30)
    key = models.TextField(db_collation="C")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "search_change"

    def __str__(self) -> str:
        return f"{self.topic}:{self.key}"


class SearchWord(models.Model):
    """A word, and how many documents of an audience have it: what is offered while somebody types, and where nothing is found."""

    word = models.CharField(max_length=60, db_collation="C")
    audience = models.ForeignKey(SearchAudience, models.CASCADE, related_name="+")
    documents = models.PositiveIntegerField()

    class Meta:
        db_table = "search_word"
        constraints = (models.UniqueConstraint(fields=["word", "audience"], name="a_word_once"),)

    def __str__(self) -> str:
        return self.word


class IndexProblem(models.Model):
    """A document that could not be made, or a whole source (then `key` is empty): nobody finds it until it can."""

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200, blank=True, db_collation="C")
    reason = models.CharField(max_length=500)
    tries = models.PositiveIntegerField(default=1)
    since = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "search_problem"
        ordering = ("kind", "key")
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="an_index_problem_once"),)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


class SourceComparison(models.Model):
    """When all documents of a source were last compared with the rows that they are made of."""

    kind = models.CharField(max_length=30, unique=True)
    at = models.DateTimeField()
    documents = models.PositiveIntegerField()
    repaired = models.PositiveIntegerField(help_text=_("Documents that were missing, out of date or left over"))

    class Meta:
        db_table = "search_comparison"
        ordering = ("kind",)

    def __str__(self) -> str:
        return self.kind


class RecentSearch(models.Model):
    """What somebody searched for a while ago; only they see it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    query = models.CharField(max_length=MAX_QUERY)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "search_recent"
        ordering = ("-used_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["user", "query"], name="a_recent_search_once"),)

    def __str__(self) -> str:
        return self.query


class StoredSearch(models.Model):
    """A search that somebody saved under a name; only they see it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=MAX_QUERY)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "search_stored"
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=["user", "name"], name="a_stored_search_once"),)

    def __str__(self) -> str:
        return self.name
