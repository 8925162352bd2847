"""Queries to the index: matching entries, a page at a time, and their number; all are ORM queries over typed values."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Func, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from datalake.index.conditions import Like, filter_by_conditions, filter_by_text
from datalake.index.models import IndexedScope, IndexEntry, MetadataKey
from datalake.index.models.folding import Folded
from datalake.index.query import Query

PAGE = 50
MAX_COUNTED = 10_000  # what is more than this is told as "more than"
STATEMENT_TIMEOUT_SECONDS = 4
KINDS = {"container": ("CONTAINER",), "dataset": ("DATASET",), "file": ("FILE",), "collection": ("CONTAINER", "DATASET")}


def matching(query: Query, scopes: Sequence[IndexedScope]) -> QuerySet[IndexEntry]:
    """All entries that fit; `scopes` are those that the visitor may see, and nothing else is ever looked at."""
    rows = IndexEntry.objects.filter(scope__in=[item.pk for item in chosen(query, scopes)])
    rows = filter_by_text(rows, query.pattern)
    if query.type != "all":
        rows = rows.filter(type__in=KINDS[query.type])
    limits = (("bytes__gte", query.least), ("bytes__lte", query.most), ("created__gte", query.since), ("created__lte", query.until))
    rows = rows.filter(**{name: value for name, value in limits if value is not None})
    return filter_by_conditions(rows, query.groups) if query.groups else rows


def chosen(query: Query, scopes: Sequence[IndexedScope]) -> list[IndexedScope]:
    """The scopes that are looked at."""
    return list(scopes) if not query.scopes else selected(query.scopes, scopes)


def selected(patterns: Sequence[str], scopes: Sequence[IndexedScope]) -> list[IndexedScope]:
    """The scopes that names with or without `*` mean. A name that is spelt as the lake does is this scope alone; otherwise case does not count."""
    names = {item.name for item in scopes}
    exact = {pattern for pattern in patterns if pattern in names}
    others = [pattern.casefold() for pattern in patterns if pattern not in exact]
    return [item for item in scopes if item.name in exact or any(fits_pattern(item.name.casefold(), other) for other in others)]


def fits_pattern(text: str, pattern: str) -> bool:
    """Whether a pattern with `*` means the whole text; in one pass, however many stars it has."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    last = parts.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in parts:
        place = text.find(part, place, end) + len(part)
        if place < len(part):
            return False
    return True


@contextmanager
def statement_timeout() -> Iterator[None]:
    """Ends queries inside the block after STATEMENT_TIMEOUT_SECONDS, so that they do not slow down others; raises OperationalError."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = %s", [STATEMENT_TIMEOUT_SECONDS * 1000])
        yield


# --- pages ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """A total order of entries: no two are equal in it, so that a page begins exactly where the last one ended."""

    columns: tuple[Any, ...]
    down: bool
    values: Any  # of an entry, one for each column

    def sorted(self, rows: QuerySet[IndexEntry]) -> QuerySet[IndexEntry]:
        return rows.order_by(*(column.desc() if self.down else column.asc() for column in self.columns))

    def after(self, rows: QuerySet[IndexEntry], values: Sequence[Any]) -> QuerySet[IndexEntry]:
        """What comes behind these values; PostgreSQL compares rows as its indexes are ordered."""
        left = Func(*self.columns, function="ROW", output_field=models.TextField())
        right = Func(*(Value(value) for value in values), function="ROW", output_field=models.TextField())
        beyond = Func(left, right, template="%(expressions)s", arg_joiner=" < " if self.down else " > ", output_field=models.BooleanField())
        return rows.filter(beyond)


def order_of(query: Query, scopes: Sequence[IndexedScope]) -> Order:
    down = query.sort.startswith("-")
    match query.sort.lstrip("-"):
        case "size":
            sized = Coalesce(F("bytes"), Value(-1), output_field=models.BigIntegerField())
            return Order((sized, F("scope_id"), F("name")), down, lambda it: [-1 if it.bytes is None else it.bytes, it.scope_id, it.name])
        case "date":
            return Order((F("created"), F("scope_id"), F("name")), down, lambda it: [it.created.isoformat(), it.scope_id, it.name])
    if len(chosen(query, scopes)) == 1:
        return Order((F("name"),), down, lambda it: [it.name])
    return Order((F("name"), F("scope_id")), down, lambda it: [it.name, it.scope_id])


@dataclass(frozen=True)
class EntryPage:
    """Some entries in order, and where the next ones begin."""

    entries: list[IndexEntry]
    following: str


def page(query: Query, scopes: Sequence[IndexedScope], after: str = "", size: int = PAGE) -> EntryPage:
    """One page of results; later pages are as fast as the first."""
    order = order_of(query, scopes)
    rows = order.sorted(matching(query, scopes).select_related("scope").defer("search_text", "scope__summary"))
    values = decode_cursor(after, order)
    if values is not None:
        rows = order.after(rows, values)
    entries = list(rows[: size + 1])
    return EntryPage(entries[:size], encode_cursor(order.values(entries[size - 1])) if len(entries) > size else "")


def names_beyond(lake: str, scope: str, kind: str, after: str, skip: int = PAGE, most: int = 20) -> list[str]:
    """Some names that lie just behind the page that begins after a name, so that Rucio can be asked for this page alone."""
    # By its number, so that PostgreSQL goes along the scope's own names: joined, it may go along those of all scopes.
    its = IndexedScope.objects.filter(lake=lake, name=scope).values("pk")[:1]
    rows = IndexEntry.objects.filter(scope=its, name__gt=after)
    if kind in KINDS:
        rows = rows.filter(type__in=KINDS[kind])
    return list(rows.order_by("name").values_list("name", flat=True)[skip : skip + most])


def type_of(lake: str, scope: str, name: str) -> str | None:
    """The type of a DID, which never changes, such as "DATASET"; None where the index does not have it. Says nothing of who may see it."""
    its = IndexedScope.objects.filter(lake=lake, name=scope).values("pk")[:1]
    return IndexEntry.objects.filter(scope=its, name=name).values_list("type", flat=True).first()


def encode_cursor(values: Sequence[Any]) -> str:
    """A place in an order, as it stands in an address."""
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def decode_cursor(text: str, order: Order) -> list[Any] | None:
    """The place that an address names; None for the beginning, and for what is no place in this order."""
    if not text or len(text) > 4000:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(order.columns):
        return None
    return values if all(fits(value, column) for value, column in zip(values, order.columns, strict=True)) else None


def fits(value: Any, column: Any) -> bool:
    """Whether a value can be compared with a column."""
    name = getattr(column, "name", "size")
    if name in ("size", "scope_id"):
        return type(value) is int and -1 <= value < 2**63
    if not isinstance(value, str) or "\0" in value or (not value.isprintable() and any("\ud800" <= char <= "\udfff" for char in value)):
        return False
    if name == "created":
        try:
            return datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            return False
    return True


# --- how many ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Total:
    """How many there are; `more` says that there are more than these."""

    count: int
    more: bool = False


def narrow(query: Query) -> bool:
    """Whether more is asked for than scopes and a type, for which there are sums."""
    return bool(query.pattern.strip("*") or query.sized or query.dated or query.groups)


def total(query: Query, scopes: Sequence[IndexedScope]) -> Total:
    """How many fit: from the scopes' sums where only these are asked for, else counted, but not without end."""
    if not narrow(query) and all(item.counted_at for item in chosen(query, scopes)):
        return Total(sum(count_of(item, query.type) for item in chosen(query, scopes)))
    count = matching(query, scopes).order_by()[: MAX_COUNTED + 1].count()
    return Total(min(count, MAX_COUNTED), count > MAX_COUNTED)


def count_of(scope: IndexedScope, kind: str) -> int:
    """The sum for one sort of DIDs."""
    counts = {"CONTAINER": scope.containers, "DATASET": scope.datasets, "FILE": scope.files}
    return sum(counts[name] for name in KINDS.get(kind, tuple(counts)))


# --- words and names to choose from -----------------------------------------------------------------------------------


def keys(scopes: Sequence[IndexedScope], most: int = 200) -> list[tuple[str, int]]:
    """The metadata keys in the scopes, with the number of DIDs that have each."""
    rows = (
        MetadataKey.objects.filter(scope__in=[item.pk for item in scopes])
        .values("name")
        .annotate(total=Sum("count"))
        .order_by("-total", "name")
    )
    return [(row["name"], row["total"]) for row in rows[:most]]


def beginning(text: str, wanted: Sequence[str], scopes: Sequence[IndexedScope], most: int = 10) -> list[str]:
    """Whole names that begin so, whatever the case: of scopes where none is chosen, and of what is in them."""
    if not text or "*" in text:
        return [item.name + ":" for item in scopes][:most] if not text and not wanted else []
    scope_names = [] if wanted else [item.name + ":" for item in scopes if item.name.lower().startswith(text.lower())]
    inside = [item.pk for item in (selected(wanted, scopes) if wanted else scopes)]
    begins = IndexEntry.objects.filter(Like(Folded(F("name")), f"{text}*"), scope__in=inside)
    pairs = begins.order_by(Folded("name"), "scope").values_list("scope__name", "name")[:most]
    return (scope_names + [f"{scope}:{name}" for scope, name in pairs])[:most]
