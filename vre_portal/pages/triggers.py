"""Which tables make a new version of which topic: declared by the apps, kept by PostgreSQL, for every writer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, models

PREFIX = "pages_"
INSTALLED = (
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "  # untranslated: SQL
    "AND tgenabled IN ('O', 'A') AND tgname LIKE 'pages\\_%'"
)
PRESENT = (
    "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "  # untranslated: SQL
    "WHERE NOT tgisinternal AND tgname LIKE 'pages\\_%'"
)


@dataclass(frozen=True)
class Watched:
    """A table whose changes make a new version of a topic; `when` is a condition on the row as it was (OLD) and is (NEW), in SQL."""

    topic: str
    table: str
    update_when: str = ""
    insert_when: str = ""
    delete_when: str = ""

    def statements(self) -> dict[str, str]:
        """The triggers by name; the name carries a sum of what the trigger does, so that another one has another name."""
        found = {}
        conditions = {"INSERT": self.insert_when, "UPDATE": self.update_when, "DELETE": self.delete_when, "TRUNCATE": ""}
        for event, condition in conditions.items():
            each = f"FOR EACH ROW WHEN ({condition})" if condition else "FOR EACH STATEMENT"  # untranslated: SQL
            made = f"AFTER {event} ON \"{self.table}\" {each} EXECUTE FUNCTION pages_changed('{self.topic}')"  # untranslated: SQL
            name = f"{PREFIX}{self.topic}_{event.lower()}_{hashlib.sha256(made.encode()).hexdigest()[:8]}"
            found[name] = f"CREATE TRIGGER {name} {made}"  # untranslated: SQL
        return found


_watched: dict[tuple[str, str], Watched] = {}


def watch(topic: str, model: type[models.Model], *, columns: Sequence[str] = (), only: str = "") -> None:
    """From now on each change of the model's rows makes a new version of the topic.

    `columns` are those that count when a row is changed; any, where none are named. `only` names, in SQL, the rows that count: {row} stands
    for one of them, as it was or as it is.
    """
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)  # untranslated: SQL
    was, now = only.format(row="OLD"), only.format(row="NEW")
    counts = f"({was}) OR ({now})" if only else ""
    update = " AND ".join(f"({part})" for part in (changed, counts) if part)
    table = model._meta.db_table
    _watched[topic, table] = Watched(topic, table, update, now, was)


def declared() -> dict[str, str]:
    """All triggers that there have to be, by name."""
    return {name: statement for item in _watched.values() for name, statement in item.statements().items()}


def missing(using: str = "default") -> set[str]:
    """Names of triggers that are declared and not at work: while there is one, no page may be kept."""
    with connections[using].cursor() as cursor:
        cursor.execute(INSTALLED)
        return declared().keys() - {name for (name,) in cursor.fetchall()}


def install(using: str = "default", **_: Any) -> None:
    """Make the declared triggers that are not there, and remove those that nobody declares any more."""
    wanted = declared()
    with connections[using].cursor() as cursor:
        if "pages_mark" not in connections[using].introspection.table_names(cursor):
            return  # an earlier state of the migrations
        cursor.execute(PRESENT)
        present: dict[str, str] = dict(cursor.fetchall())
        for name in present.keys() - wanted.keys():
            cursor.execute(f"DROP TRIGGER {name} ON {present[name]}")  # untranslated: SQL
        for name in wanted.keys() - present.keys():
            cursor.execute(wanted[name])
