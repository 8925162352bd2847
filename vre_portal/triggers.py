"""Triggers of PostgreSQL that are declared by the apps and put on their tables after each migration."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections

INSTALLED = (
    "SELECT tgname, tgrelid::regclass::text, tgenabled IN ('O', 'A') FROM pg_trigger "  # untranslated: SQL
    "WHERE NOT tgisinternal AND starts_with(tgname, %s)"
)


@dataclass(frozen=True)
class TableTriggers:
    """What a table runs on each change; `when` is a condition on the row as it was (OLD) and is (NEW), in SQL.

    Without a condition a statement that changes many rows runs it once, unless `each_row` says otherwise; TRUNCATE always does.
    """

    name: str
    table: str
    call: str  # of the function, with its arguments
    update_when: str = ""
    insert_when: str = ""
    delete_when: str = ""
    each_row: bool = False

    def statements(self) -> dict[str, str]:
        """The triggers by name; the name carries a sum of what the trigger does, so that another one has another name."""
        triggers = {}
        conditions = {"INSERT": self.insert_when, "UPDATE": self.update_when, "DELETE": self.delete_when, "TRUNCATE": ""}
        for event, condition in conditions.items():
            by_row = condition or (self.each_row and event != "TRUNCATE")
            each = "FOR EACH ROW" if by_row else "FOR EACH STATEMENT"  # untranslated: SQL
            if condition:
                each = f"{each} WHEN ({condition})"  # untranslated: SQL
            body = f'AFTER {event} ON "{self.table}" {each} EXECUTE FUNCTION {self.call}'  # untranslated: SQL
            name = f"{self.name}_{event.lower()}_{hashlib.sha256(body.encode()).hexdigest()[:8]}"
            triggers[name] = f"CREATE TRIGGER {name} {body}"  # untranslated: SQL
        return triggers


def statements_of(declared: Iterable[TableTriggers]) -> dict[str, str]:
    """All triggers that there have to be, by name."""
    return {name: statement for item in declared for name, statement in item.statements().items()}


def missing(prefix: str, declared: dict[str, str], using: str = "default") -> set[str]:
    """Names of triggers that are declared and not at work."""
    with connections[using].cursor() as cursor:
        cursor.execute(INSTALLED, [prefix])
        return declared.keys() - {name for name, _, works in cursor.fetchall() if works}


def install(prefix: str, declared: dict[str, str], *, needs: str, using: str = "default") -> None:
    """Make the declared triggers that are not there, and remove those of the prefix that nobody declares any more.

    Does nothing while the table that their function `needs` is not there: an earlier state of the migrations.
    """
    with connections[using].cursor() as cursor:
        if needs not in connections[using].introspection.table_names(cursor):
            return
        cursor.execute(INSTALLED, [prefix])
        present: dict[str, str] = {name: table for name, table, _ in cursor.fetchall()}
        for name in present.keys() - declared.keys():
            cursor.execute(f"DROP TRIGGER {name} ON {present[name]}")  # untranslated: SQL
        for name in declared.keys() - present.keys():
            cursor.execute(declared[name])


def changed(columns: Iterable[str]) -> str:
    """The condition that one of the columns has another value than before; empty for any change."""
    return " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)  # untranslated: SQL
