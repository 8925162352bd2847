"""What the server remembers: people, workflows, jobs and secrets, in one SQLite file."""

import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from devstack.reana import limits

SCHEMA = """
create table if not exists person (
  id text primary key, issuer text not null, subject text not null, email text not null, full_name text,
  token text not null unique, created text not null, unique (issuer, subject));
create table if not exists arrived (person text primary key references person);
create table if not exists workflow (
  id text primary key, owner text not null references person, name text not null, run_number text not null,
  workspace text not null, specification text not null, parameters text not null default '{}', options text not null default '{}',
  status text not null default 'created', created text not null, started text, finished text, stopped text,
  total integer not null default 0, command text, step text, logs text not null default '', session text,
  older integer not null default 0, bundled integer not null default 0,
  unique (owner, name, run_number));
create table if not exists job (
  id text primary key, workflow text not null references workflow, name text not null, image text not null, cmd text not null,
  status text not null, backend text not null default 'Kubernetes', started text, finished text, pid integer, pid_started text);
create index if not exists job_of_workflow on job (workflow);
create table if not exists secret (
  owner text not null references person, name text not null, type text not null, value text not null, primary key (owner, name));
"""

# Columns that a state of an earlier version lacks.
ADDED = (
    ("workflow", "older integer not null default 0"),
    ("workflow", "bundled integer not null default 0"),
    ("job", "backend text not null default 'Kubernetes'"),
)

Row = sqlite3.Row
_local = threading.local()


def connection() -> sqlite3.Connection:
    """This thread's own connection."""
    if not hasattr(_local, "connection"):
        found = sqlite3.connect(limits.DATABASE, timeout=30, isolation_level=None)
        found.row_factory = sqlite3.Row
        found.execute("pragma journal_mode = wal")
        found.execute("pragma synchronous = normal")
        _local.connection = found
    opened: sqlite3.Connection = _local.connection
    return opened


def prepare() -> None:
    """Make the tables that are missing; the file holds tokens, so only its owner may read it."""
    limits.WORKSPACES.mkdir(parents=True, exist_ok=True)
    connection().executescript(SCHEMA)
    for table, column in ADDED:
        if column.split()[0] not in [found["name"] for found in rows(f"pragma table_info({table})")]:
            connection().execute(f"alter table {table} add column {column}")
    limits.DATABASE.chmod(0o600)


def now() -> str:
    """The time as REANA writes it: UTC, to the second, without a zone."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rows(sql: str, *values: Any) -> list[Row]:
    """All rows of a query."""
    return connection().execute(sql, values).fetchall()


def row(sql: str, *values: Any) -> Row | None:
    """The first row of a query, or None."""
    found: Row | None = connection().execute(sql, values).fetchone()
    return found


def change(sql: str, *values: Any) -> int:
    """Run one statement; the number of rows that it changed."""
    return connection().execute(sql, values).rowcount


def insert(table: str, values: Mapping[str, Any]) -> None:
    """Add one row; names come from the code, never from a request."""
    names = ", ".join(values)
    connection().execute(f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", tuple(values.values()))


def update(table: str, key: str, **values: Any) -> None:
    """Change named columns of one row."""
    names = ", ".join(f"{name} = ?" for name in values)
    connection().execute(f"update {table} set {names} where id = ?", (*values.values(), key))
