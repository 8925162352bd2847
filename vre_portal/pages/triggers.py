"""Which tables make a new version of which topic: declared by the apps, kept by PostgreSQL, for every writer."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from vre_portal import triggers
from vre_portal.triggers import TableTriggers

PREFIX = "pages_"
_watched: dict[tuple[str, str], TableTriggers] = {}


def watch(topic: str, model: type[models.Model], *, columns: Sequence[str] = (), only: str = "") -> None:
    """From now on each change of the model's rows makes a new version of the topic.

    `columns` are those that count when a row is changed; any, where none are named. `only` names, in SQL, the rows that count: {row} stands
    for one of them, as it was or as it is.
    """
    was, now = only.format(row="OLD"), only.format(row="NEW")
    counts = f"({was}) OR ({now})" if only else ""
    update = " AND ".join(f"({part})" for part in (triggers.changed(columns), counts) if part)
    table = model._meta.db_table
    _watched[topic, table] = TableTriggers(f"{PREFIX}{topic}", table, f"pages_changed('{topic}')", update, now, was)


def declared() -> dict[str, str]:
    """All triggers that there have to be, by name."""
    return triggers.statements_of(_watched.values())


def missing(using: str = "default") -> set[str]:
    """Names of triggers that are declared and not at work: while there is one, no page may be kept."""
    return triggers.missing(PREFIX, declared(), using)


def install(using: str = "default", **_: Any) -> None:
    """Make the declared triggers that are not there, and remove those that nobody declares any more."""
    triggers.install(PREFIX, declared(), needs="pages_mark", using=using)
