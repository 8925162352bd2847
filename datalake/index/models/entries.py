"""What the index has of a lake: scopes, their DIDs, and the keys of their metadata."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from datalake.index.models.folding import Folded, SearchText, StoredText

MAX_BIGINT = 2**63 - 1


class IndexedScope(models.Model):
    """One scope of a lake, with its sums and the progress of its indexing."""

    lake = models.CharField(max_length=60, help_text=_("Name of the service in services.toml"))
    name = models.CharField(max_length=60, db_collation="C")
    account = models.CharField(max_length=60, blank=True)
    gone = models.BooleanField(default=False)
    containers = models.PositiveBigIntegerField(default=0)
    datasets = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    # A sum of sizes may pass the largest bigint, which one size may be already.
    bytes = models.DecimalField(
        max_digits=60, decimal_places=0, default=0, help_text=_("Total size of the files, or of the datasets where files are not indexed")
    )
    summary = models.JSONField(default=dict, help_text=_("Numbers, sizes and ages by type, format and experiment"))
    counted_at = models.DateTimeField(null=True)
    count_seconds = models.FloatField(default=0.0)
    # The slow pass over all names: where it stands, and when one was last finished.
    walk_after = models.CharField(max_length=500, blank=True, db_collation="C")
    walk_began = models.DateTimeField(null=True)
    walked_at = models.DateTimeField(null=True, help_text=_("Deletions up to this time are in the index"))
    # Up to when new DIDs and new words about them are known.
    names_until = models.DateTimeField(null=True)
    words_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(
        null=True, help_text=_("The index shows the scope as it was at this time, except for the listed problems")
    )

    class Meta:
        db_table = "lake_index_scope"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["lake", "name"], name="a_scope_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def total(self) -> int:
        return self.containers + self.datasets + self.files

    @property
    def ready(self) -> bool:
        """Whether every name has been seen once."""
        return self.walked_at is not None


class IndexEntry(models.Model):
    """One DID. `meta` has its metadata, with their JSON types; PostgreSQL keeps `search_text` up to date."""

    scope = models.ForeignKey(IndexedScope, models.CASCADE, related_name="entries", db_index=False)
    name = models.CharField(max_length=500, db_collation="C")  # by code point, as the pages of a listing go
    type = models.CharField(max_length=9)
    bytes = models.BigIntegerField(null=True, help_text=_("Used for sorting; sizes above the largest bigint are cut to it"))
    bytes_exact = models.DecimalField(
        max_digits=60, decimal_places=0, null=True, help_text=_("The exact size, where it is larger than a bigint")
    )
    length = models.BigIntegerField(null=True)
    open = models.BooleanField(null=True)
    account = models.CharField(max_length=60, blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField(null=True)
    meta = models.JSONField(default=dict)
    measured = models.DateTimeField(null=True, help_text=_("When the size of an open collection was last read from Rucio"))
    search_text = StoredText(expression=SearchText(), output_field=models.TextField(db_collation="C"), db_persist=True)

    class Meta:
        db_table = "lake_index_entry"
        verbose_name_plural = _("entries")
        constraints = (models.UniqueConstraint(fields=["scope", "name"], name="a_did_once"),)
        indexes = (
            models.Index(fields=["name", "scope"], name="lake_by_name"),
            models.Index(Coalesce("bytes", -1), "scope", "name", name="lake_by_size"),
            models.Index(fields=["created", "scope", "name"], name="lake_by_date"),
            models.Index(fields=["scope", "type", "name"], condition=~Q(type="FILE"), name="lake_collections"),
            models.Index(fields=["measured"], condition=Q(open=True), name="lake_open"),
            GinIndex(fields=["meta"], name="lake_words"),
            models.Index(Folded("name"), "scope", name="lake_by_folded_name"),
        )

    def __str__(self) -> str:
        return f"{self.scope.name}:{self.name}"

    @property
    def size(self) -> int | None:
        """The exact size in bytes; None where it is not known."""
        return self.bytes if self.bytes_exact is None else int(self.bytes_exact)

    @size.setter
    def size(self, value: int | None) -> None:
        self.bytes, self.bytes_exact = stored_size(value)


def stored_size(value: int | None) -> tuple[int | None, int | None]:
    """A size as the columns `bytes` and `bytes_exact` keep it."""
    return (value, None) if value is None or value <= MAX_BIGINT else (MAX_BIGINT, value)


class MetadataKey(models.Model):
    """A metadata key in a scope, with its JSON type and its most frequent values."""

    scope = models.ForeignKey(IndexedScope, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, help_text=_("JSON type: string, number, boolean, array or object"))
    count = models.PositiveBigIntegerField()
    values = models.JSONField(default=list, help_text=_("The most frequent values, each as [value, count]"))

    class Meta:
        db_table = "lake_index_key"
        constraints = (models.UniqueConstraint(fields=["scope", "name", "kind"], name="a_key_once"),)

    def __str__(self) -> str:
        return self.name
