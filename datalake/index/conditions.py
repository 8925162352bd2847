"""Conditions on names and metadata as ORM queries with typed values; nothing that a person typed becomes SQL."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value

from datalake.index.models import IndexEntry
from datalake.index.models.folding import Folded, FoldedTitle
from datalake.index.query import Condition
from vre_portal.folding import fold

MAX_WORDS = 20  # of a search


class MetadataValue(Func):
    """A value of `meta` by its key, which may be any text. Django's own lookups would read "0" as a list index."""

    function = "jsonb_extract_path"
    output_field = models.JSONField()

    def __init__(self, key: str) -> None:
        super().__init__(F("meta"), Value(key))


class MetadataText(Func):
    """The same as text."""

    function = "jsonb_extract_path_text"
    output_field = models.TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("meta"), Value(key))


class JsonType(Func):
    """The JSON type of a value."""

    function = "jsonb_typeof"
    output_field = models.TextField()


def number(text: str) -> int | float | None:
    """The text as a number; None where it is not one."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**30 else float(value)


def readings(text: str) -> list[Any]:
    """The JSON values that a typed text may mean: people write True where a program wrote true, and 8 where one wrote "8"."""
    values: list[Any] = [text]
    if text.lower() in ("true", "false"):
        values += [text.lower() == "true", text.lower(), text.capitalize(), text.upper()]
    value = number(text)
    if value is not None:
        values.append(value)
    return values


def equals(condition: Condition) -> Q:
    """The key has this value; answered by the index of words."""
    condition_query = Q()
    for value in readings(condition.value):
        condition_query |= Q(meta__contains={condition.key: value})
    return condition_query


def ordered(condition: Condition, name: str) -> Q:
    """Numbers compare with numbers and texts with texts."""
    lookup = {"lt": "lt", "le": "lte", "gt": "gt", "ge": "gte"}[condition.operator]
    value = number(condition.value)
    kind, given = ("string", condition.value) if value is None else ("number", value)
    return Q(**{f"{name}_kind": kind, f"{name}__{lookup}": given})


def filter_by_conditions(rows: QuerySet[IndexEntry], groups: Sequence[Sequence[Condition]]) -> QuerySet[IndexEntry]:
    """The entries of which all conditions of one group hold."""
    whole = Q()
    for place, group in enumerate(groups):
        part = Q()
        for number_in_group, condition in enumerate(group):
            rows, one = compared(rows, condition, f"word_{place}_{number_in_group}")
            part &= Q(meta__has_key=condition.key) & one
        whole |= part
    return rows.filter(whole)


def compared(rows: QuerySet[IndexEntry], condition: Condition, name: str) -> tuple[QuerySet[IndexEntry], Q]:
    """One condition on a key that is known to be there; `name` is free for an alias."""
    if condition.operator == "any":
        return rows, Q()
    if condition.operator in ("eq", "ne"):
        return rows, equals(condition) if condition.operator == "eq" else ~equals(condition)
    as_text = condition.operator == "has" or number(condition.value) is None
    rows = rows.alias(**{name: MetadataText(condition.key) if as_text else MetadataValue(condition.key)})
    if condition.operator == "has":
        return rows, Q(**{f"{name}__icontains": condition.value})
    return rows.alias(**{f"{name}_kind": JsonType(MetadataValue(condition.key))}), ordered(condition, name)


class Like(Func):
    """Whether a folded text matches a pattern, whatever its case and accents; `*` is the only wildcard."""

    arg_joiner, template, output_field = " LIKE ", "%(expressions)s", models.BooleanField()

    def __init__(self, text: models.F | Func, pattern: str) -> None:
        plain = re.sub(r"([\\%_])", r"\\\1", fold(pattern))
        super().__init__(text, Folded(Value(re.sub(r"\*+", "%", plain))))


def filter_by_text(rows: QuerySet[IndexEntry], pattern: str) -> QuerySet[IndexEntry]:
    """The entries that a pattern means; case and accents do not count.

    With `*` a whole name or a whole title has to match. Without, each word may stand anywhere in the name, the title or another value of the metadata.
    """
    if not pattern.strip("*"):
        return rows
    if "*" in pattern:
        rows = rows.filter(Like(F("search_text"), f"*{pattern}*"))  # what is cheaply told apart from most, before names are folded
        title_matches = Q(meta__has_key="title") & Q(Like(FoldedTitle(), pattern))
        return rows.filter(Q(Like(Folded(F("name")), pattern)) | title_matches)
    for word in dict.fromkeys(pattern.split()[:MAX_WORDS]):
        rows = rows.filter(Like(F("search_text"), f"*{word}*"))
    return rows
