"""The filters beside a search result: types, scopes and metadata keys with their values, each with a count and a link."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models
from django.db.models import Count, F, Func, QuerySet
from django.utils.translation import gettext as _

from datalake.index.conditions import MetadataText
from datalake.index.models import IndexedScope, IndexEntry, MetadataKey
from datalake.index.query import TYPES as TYPE_LABELS
from datalake.index.query import Condition, Query
from datalake.index.search import Total, chosen, count_of, matching, narrow

KEYS, VALUES = 8, 6
TYPES = (("container", "CONTAINER"), ("dataset", "DATASET"), ("file", "FILE"))


@dataclass(frozen=True)
class FacetChoice:
    """One value of a facet: what it is called, how often it occurs, and the search with or without it."""

    label: str
    count: int | None
    address: str
    chosen: bool = False


@dataclass(frozen=True)
class Facet:
    """A way to narrow a result."""

    title: str
    choices: list[FacetChoice] = field(default_factory=list)
    key: str = ""
    kind: str = ""
    count: int = 0


class Keys(Func):
    """The keys of `meta`, a row for each."""

    function = "jsonb_object_keys"
    output_field = models.TextField()
    set_returning = True


def facets(query: Query, scopes: Sequence[IndexedScope], total: Total) -> list[Facet]:
    """Exact counts where the result is small enough to be counted, else those of the whole scopes."""
    counted = Counted(query, scopes) if narrow(query) and not total.more else Summed(query, scopes)
    return [of_types(query, counted.types()), of_scopes(query, scopes, counted.scopes()), *of_words(query, counted)]


class Counted:
    """Counts of the result itself; each facet is counted without its own filter."""

    exact = True

    def __init__(self, query: Query, scopes: Sequence[IndexedScope]) -> None:
        self.query, self.all = query, scopes
        self.rows: QuerySet[IndexEntry] = matching(query, scopes).order_by()

    def types(self) -> dict[str, int]:
        rows = matching(replace(self.query, type="all"), self.all).order_by()
        return dict(rows.values_list("type").annotate(Count("pk")))

    def scopes(self) -> dict[str, int]:
        rows = matching(replace(self.query, scopes=()), self.all).order_by()
        return dict(rows.values_list("scope__name").annotate(Count("pk")))

    def words(self) -> list[tuple[str, int]]:
        rows = self.rows.annotate(key=Keys(F("meta"))).values("key").annotate(count=Count("pk")).order_by("-count", "key")
        return [(row["key"], row["count"]) for row in rows[:KEYS]]

    def values(self, key: str) -> list[tuple[str, int]]:
        rows = self.rows.filter(meta__has_key=key).annotate(value=MetadataText(key)).values("value").annotate(count=Count("pk"))
        return [(row["value"], row["count"]) for row in rows.order_by("-count", "value")[:VALUES] if row["value"]]


class Summed:
    """Counts of whole scopes, stored when the index was filled."""

    exact = False

    def __init__(self, query: Query, scopes: Sequence[IndexedScope]) -> None:
        self.query, self.all, self.chosen = query, scopes, chosen(query, scopes)
        self._values: dict[str, Counter[str]] = {}
        self._keys: Counter[str] = Counter()
        for key in MetadataKey.objects.filter(scope__in=[item.pk for item in self.chosen]):
            self._keys[key.name] += key.count
            of_key = self._values.setdefault(key.name, Counter())
            for value, count in key.values:
                of_key[text_of(value)] += count

    def types(self) -> dict[str, int]:
        return {name: sum(count_of(item, word) for item in self.chosen) for word, name in TYPES}

    def scopes(self) -> dict[str, int]:
        return {item.name: count_of(item, self.query.type) for item in self.all}

    def words(self) -> list[tuple[str, int]]:
        return sorted(self._keys.items(), key=lambda item: (-item[1], item[0]))[:KEYS]

    def values(self, key: str) -> list[tuple[str, int]]:
        return sorted(self._values[key].items(), key=lambda item: (-item[1], item[0]))[:VALUES]


def text_of(value: Any) -> str:
    """A JSON value as PostgreSQL writes it as text."""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def of_types(query: Query, counts: dict[str, int]) -> Facet:
    everything = FacetChoice(str(TYPE_LABELS["all"]), sum(counts.values()), replace(query, type="all").address(), query.type == "all")
    choices = [
        FacetChoice(str(TYPE_LABELS[word]), counts.get(name, 0), replace(query, type=word).address(), query.type == word)
        for word, name in TYPES
    ]
    return Facet(_("Type"), [everything, *choices])


def of_scopes(query: Query, scopes: Sequence[IndexedScope], counts: dict[str, int]) -> Facet:
    """The fullest scopes; a chosen one can be left out again, and one of those that a pattern means takes the pattern's place."""
    choices, names_only = [], set(query.scopes) <= {item.name for item in scopes}
    for item in scopes:
        is_chosen = item.name in query.scopes
        if counts.get(item.name) or is_chosen:
            names = tuple(name for name in query.scopes if name != item.name) if is_chosen else (*query.scopes, item.name)
            if not is_chosen and not names_only:
                names = (item.name,)
            choices.append(FacetChoice(item.name, counts.get(item.name, 0), replace(query, scopes=names).address(), is_chosen))
    return Facet(_("Scope"), sorted(choices, key=lambda choice: (not choice.chosen, -(choice.count or 0), choice.label))[:12])


def of_words(query: Query, counted: Counted | Summed) -> list[Facet]:
    """The keys that describe most of the result, each with its most frequent values where these repeat."""
    all_facets = []
    for key, count in counted.words():
        choices = []
        for value, often in counted.values(key):
            condition = Condition(key, "eq", value)
            is_chosen = condition in query.conditions
            address = query.without(condition) if is_chosen else query.also(condition)
            choices.append(FacetChoice(value, often, address.address(), is_chosen))
        all_facets.append(Facet(key, choices, key=key, count=count))
    return all_facets
