"""Conditions on names and metadata as parts of an ORM query; typed values, and nothing that a person typed as SQL."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value

from datalake.index.models import Entry
from datalake.index.query import Condition


class Word(Func):
    """A value of `meta` by its key, which may be any text: Django's own lookups take "0" for a place in a list."""

    function = "jsonb_extract_path"
    output_field = models.JSONField()

    def __init__(self, key: str) -> None:
        super().__init__(F("meta"), Value(key))


class WordText(Func):
    """The same as text."""

    function = "jsonb_extract_path_text"
    output_field = models.TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("meta"), Value(key))


class Kind(Func):
    """The JSON type of a value."""

    function = "jsonb_typeof"
    output_field = models.TextField()


def number(text: str) -> int | float | None:
    """The number that a text is."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**30 else float(value)


def readings(text: str) -> list[Any]:
    """What a typed value may be in JSON: people write True where a program wrote true, and 8 where one wrote "8"."""
    found: list[Any] = [text]
    if text.lower() in ("true", "false"):
        found += [text.lower() == "true", text.lower(), text.capitalize(), text.upper()]
    value = number(text)
    if value is not None:
        found.append(value)
    return found


def equals(condition: Condition) -> Q:
    """The key has this value; answered by the index of words."""
    found = Q()
    for value in readings(condition.value):
        found |= Q(meta__contains={condition.key: value})
    return found


def ordered(condition: Condition, name: str) -> Q:
    """Numbers compare with numbers and texts with texts."""
    lookup = {"lt": "lt", "le": "lte", "gt": "gt", "ge": "gte"}[condition.operator]
    value = number(condition.value)
    kind, given = ("string", condition.value) if value is None else ("number", value)
    return Q(**{f"{name}_kind": kind, f"{name}__{lookup}": given})


def narrowed(rows: QuerySet[Entry], groups: Sequence[Sequence[Condition]]) -> QuerySet[Entry]:
    """The entries of which all conditions of one group hold."""
    whole = Q()
    for place, group in enumerate(groups):
        part = Q()
        for number_in_group, condition in enumerate(group):
            rows, one = compared(rows, condition, f"word_{place}_{number_in_group}")
            part &= Q(meta__has_key=condition.key) & one
        whole |= part
    return rows.filter(whole)


def compared(rows: QuerySet[Entry], condition: Condition, name: str) -> tuple[QuerySet[Entry], Q]:
    """One condition on a key that is known to be there; `name` is free for an alias."""
    if condition.operator == "any":
        return rows, Q()
    if condition.operator in ("eq", "ne"):
        return rows, equals(condition) if condition.operator == "eq" else ~equals(condition)
    as_text = condition.operator == "has" or number(condition.value) is None
    rows = rows.alias(**{name: WordText(condition.key) if as_text else Word(condition.key)})
    if condition.operator == "has":
        return rows, Q(**{f"{name}__icontains": condition.value})
    return rows.alias(**{f"{name}_kind": Kind(Word(condition.key))}), ordered(condition, name)


class Like(Func):
    """The name fits a pattern in which only the stars of people are special."""

    arg_joiner, template, output_field = " LIKE ", "%(expressions)s", models.BooleanField()

    def __init__(self, pattern: str) -> None:
        plain = re.sub(r"([\\%_])", r"\\\1", pattern)
        super().__init__(F("name"), Value(re.sub(r"\*+", "%", plain)))


def named(rows: QuerySet[Entry], pattern: str) -> QuerySet[Entry]:
    """A word without a star is looked for anywhere in the name. Capitals count."""
    if not pattern.strip("*"):
        return rows
    return rows.filter(Like(pattern if "*" in pattern else f"*{pattern}*"))
