"""Write Rucio's answers into the index: in bulk, and only what has changed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from datalake.index.models import IndexedScope, IndexEntry, PendingName, Problem, ScannedName, stored_size
from datalake.rucio.bulk import DidRecord

# Columns of Rucio's own table that people fill; everything else in `meta` is from the table of descriptions.
STAGE = """
create temporary table if not exists lake_stage (
    name text collate "C", type text, bytes bigint, bytes_exact numeric, length bigint, open boolean, account text,
    created timestamptz, updated timestamptz, columns jsonb) on commit delete rows;
truncate lake_stage
"""
UPSERT = """
insert into lake_index_entry as e (scope_id, name, type, bytes, bytes_exact, length, open, account, created, updated, meta)
select %s, name, type, bytes, bytes_exact, length, open, account, created, updated, columns from lake_stage
on conflict (scope_id, name) do update set
    type = excluded.type, open = excluded.open, account = excluded.account, created = excluded.created, updated = excluded.updated,
    bytes = case when excluded.open and coalesce(excluded.bytes, 0) = 0 then e.bytes else excluded.bytes end,
    bytes_exact = case when excluded.open and coalesce(excluded.bytes, 0) = 0 then e.bytes_exact else excluded.bytes_exact end,
    length = case when excluded.open and coalesce(excluded.length, 0) = 0 then e.length else excluded.length end,
    meta = (e.meta - %s::text[]) || excluded.meta
where (e.type, e.open, e.account, e.created, e.updated) is distinct from
      (excluded.type, excluded.open, excluded.account, excluded.created, excluded.updated)
   or (not coalesce(excluded.open, false) and (e.bytes, e.bytes_exact, e.length)
       is distinct from (excluded.bytes, excluded.bytes_exact, excluded.length))
   or e.meta is distinct from ((e.meta - %s::text[]) || excluded.meta)
"""
STAGE_WORDS = 'create temporary table if not exists lake_stage_words (name text collate "C", words jsonb) on commit delete rows; truncate lake_stage_words'
DESCRIBE = """
update lake_index_entry e set meta = coalesce(
    (select jsonb_object_agg(key, value) from jsonb_each(e.meta) where key = any(%s::text[])), '{}') || s.words
from lake_stage_words s where e.scope_id = %s and e.name = s.name
"""
REMEMBER = """
insert into lake_index_pending (scope_id, name, words) select %s, name, %s from lake_stage_names
where name not in (select name from lake_index_problem where lake = %s and scope = %s and part = %s) on conflict do nothing
"""
COLUMNS = (
    "project", "datatype", "run_number", "stream_name", "prod_step", "version", "campaign", "task_id", "panda_id", "lumiblocknr",
    "provenance", "phys_group", "events",
)  # fmt: skip


@contextmanager
def copying(cursor: Any, statement: str) -> Iterator[Any]:
    """A COPY whose failures are Django's, as those of every other statement are."""
    with connection.wrap_database_errors, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        yield copy


@transaction.atomic
def save_facts(scope: IndexedScope, rows: Sequence[DidRecord]) -> int:
    """Make or change entries; how many were."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with copying(cursor, "copy lake_stage from stdin") as copy:
            for row in rows:
                values = (row.name, row.type, *stored_size(row.bytes), row.length, row.open, row.account, row.created, row.updated)
                copy.write_row((*values, json.dumps(row.metadata)))
        cursor.execute(UPSERT, [scope.pk, list(COLUMNS), list(COLUMNS)])
        return int(cursor.rowcount)


@transaction.atomic
def save_metadata(scope: IndexedScope, said: Mapping[str, Mapping[str, Any]]) -> int:
    """Replace the metadata of these DIDs; returns how many rows changed."""
    if not said:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(STAGE_WORDS)
        with copying(cursor, "copy lake_stage_words from stdin") as copy:
            for name, values in said.items():
                copy.write_row((name, json.dumps(values)))
        cursor.execute(DESCRIBE, [list(COLUMNS), scope.pk])
        return int(cursor.rowcount)


@transaction.atomic
def save_scan(scope: IndexedScope, names: Sequence[str], end: str) -> None:
    """A stretch of the slow pass, whose facts are kept: its names, and where it ended, both or neither."""
    with connection.cursor() as cursor, copying(cursor, "copy lake_index_seen (scope_id, name) from stdin") as copy:
        for name in names:
            copy.write_row((scope.pk, name))
    scope.walk_after = end
    scope.save(update_fields=["walk_after"])


@transaction.atomic
def save_size(entry: IndexEntry) -> None:
    """Keep the size of an open collection; raises DataError, and nothing is written, where no column can hold it."""
    entry.save(update_fields=["bytes", "bytes_exact", "length", "measured"])


def add_pending(scope: IndexedScope, names: Iterable[str], *, words: bool) -> int:
    """Keep names that are to be asked about, save those that failed before and wait; Rucio's answer is not held open meanwhile."""
    count = 0
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            'create temporary table if not exists lake_stage_names (name text collate "C") on commit delete rows; truncate lake_stage_names'
        )
        with copying(cursor, "copy lake_stage_names from stdin") as copy:
            for name in names:
                copy.write_row((name,))
                count += 1
        part = Problem.Part.WORDS if words else Problem.Part.FACTS
        cursor.execute(REMEMBER, [scope.pk, words, scope.lake, scope.name, part])
    return count


def analyze() -> None:
    """Let PostgreSQL count the rows that the scan has written: before it does so by itself, it may compare each of a million names with all others."""
    with connection.cursor() as cursor:
        cursor.execute("analyze lake_index_seen, lake_index_entry")


def unscanned_names(scope: IndexedScope, most: int) -> list[str]:
    """Names of the index that the pass just ended has not met."""
    seen = ScannedName.objects.filter(scope=OuterRef("scope"), name=OuterRef("name"))
    return list(IndexEntry.objects.filter(~Exists(seen), scope=scope).order_by().values_list("name", flat=True)[:most])


def delete_entries(scope: IndexedScope, names: Sequence[str]) -> int:
    """Drop entries that are gone, and what was noted about them."""
    PendingName.objects.filter(scope=scope, name__in=names).delete()
    Problem.objects.filter(lake=scope.lake, scope=scope.name, name__in=names).exclude(name="").delete()
    return IndexEntry.objects.filter(scope=scope, name__in=names).delete()[0]


COUNTS = """
select count(*) filter (where type = 'CONTAINER'), count(*) filter (where type = 'DATASET'), count(*) filter (where type = 'FILE'),
       coalesce(sum(coalesce(bytes_exact, bytes)) filter (where type = 'FILE'), 0),
       coalesce(sum(coalesce(bytes_exact, bytes)) filter (where type = 'DATASET'), 0)
from lake_index_entry where scope_id = %s
"""
KEYS = """
with words as materialized (
    select key, jsonb_typeof(value) as kind, case when jsonb_typeof(value) in ('array', 'object') then null else value end as value
    from lake_index_entry, jsonb_each(meta) where scope_id = %(scope)s and meta <> '{}' and value <> 'null' and length(key) <= 255),
counted as (select key, kind, value, count(*) as count from words group by key, kind, value),
ranked as (select *, sum(count) over (partition by key, kind) as total,
                  row_number() over (partition by key, kind order by count desc, value) as place from counted)
insert into lake_index_key (scope_id, name, kind, count, values)
select %(scope)s, key, kind, max(total)::bigint,
       coalesce(jsonb_agg(jsonb_build_array(value, count) order by place)
                filter (where value is not null and length(value::text) <= 200), '[]')
from ranked where place <= 50 group by key, kind
"""


# What a scope holds, in parts that people know it by, 30 of a kind at most: name, number, size, date of the newest.
SUMMARY = {
    "types": """
        select type, count(*), coalesce(sum(coalesce(bytes_exact, bytes)), 0), max(created)
        from lake_index_entry where scope_id = %s group by 1 order by 2 desc""",
    "formats": r"""
        select lower(substring(name from '\.([A-Za-z][A-Za-z0-9]{0,7})$')), count(*), coalesce(sum(coalesce(bytes_exact, bytes)), 0), max(created)
        from lake_index_entry where scope_id = %s and type = 'FILE' and name ~ '\.[A-Za-z][A-Za-z0-9]{0,7}$'
        group by 1 order by 2 desc, 1 limit 30""",
    # Files count for the size of an experiment's data; where there are none, what is inside its datasets.
    "experiments": """
        select meta ->> 'experiment', count(*),
               coalesce(nullif(sum(coalesce(bytes_exact, bytes)) filter (where type = 'FILE'), 0),
                        sum(coalesce(bytes_exact, bytes)) filter (where type = 'DATASET'), 0), max(created)
        from lake_index_entry where scope_id = %s and jsonb_typeof(meta -> 'experiment') = 'string'
        and meta ->> 'experiment' <> '' and length(meta ->> 'experiment') <= 100 group by 1 order by 2 desc, 1 limit 30""",
}  # fmt: skip


@transaction.atomic
def count(scope: IndexedScope) -> None:
    """The sums of a scope, and by what its DIDs are described."""
    began = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [scope.pk])
        scope.containers, scope.datasets, scope.files, of_files, of_datasets = cursor.fetchone()
        scope.bytes = of_files or of_datasets
        scope.summary = {}
        for part, statement in SUMMARY.items():
            cursor.execute(statement, [scope.pk])
            scope.summary[part] = [[name, number, int(size), newest.isoformat()] for name, number, size, newest in cursor.fetchall()]
        cursor.execute("delete from lake_index_key where scope_id = %s", [scope.pk])
        cursor.execute(KEYS, {"scope": scope.pk})
    scope.counted_at = timezone.now()
    scope.count_seconds = (scope.counted_at - began).total_seconds()
    scope.save(update_fields=["containers", "datasets", "files", "bytes", "summary", "counted_at", "count_seconds"])
