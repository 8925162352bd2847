"""How long the index of a Data Lake takes to fill, and what later runs cost, against the local stack's real Rucio.

    make run                                # or: python -m devstack up --only postgres,redis,iam,rucio
    python -m devstack.portal.manage -- python benchmarks/lake_index.py --dids 1000000 --described 100000

Seeds a scope of its own directly in Rucio's PostgreSQL by COPY (nineteen files of twenty, the others closed datasets), fills the
index of the stack's portal from it over Rucio's REST API as the worker does, and removes both afterwards. Goal: 1,000,000 DIDs in
15 minutes; later runs cost what changed. Prints one line for each run: seconds, DIDs read, changed, described, removed, peak memory.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import psycopg

from devstack import address

COLUMNS = (
    "scope, name, account, did_type, is_open, monotonic, hidden, obsolete, suppressed, availability, purge_replicas, transient, bytes,"
    " length, adler32, is_new, created_at, updated_at"
)
THEN = "2026-01-01"


def rucio() -> psycopg.Connection[Any]:
    return psycopg.connect(address.database_url("rucio"), autocommit=True)


def name_of(number: int) -> str:
    """Names as experiments give them: a tree by hand."""
    return f"sim/v{number % 7}/run{number // 20}" + (".ds" if number % 20 == 0 else f"/file{number}.root")


def row(scope: str, number: int) -> tuple[Any, ...]:
    """One row of Rucio's `dids`."""
    dataset = number % 20 == 0
    size, length, checksum = (number * 7919) % 10**9, 19 if dataset else None, None if dataset else "0a0b0c0d"
    kind, is_open = ("D", False) if dataset else ("F", None)
    flags = (False, False, False, False, "A", True, False)
    return (scope, name_of(number), "lead", kind, is_open, *flags, size, length, checksum, False, THEN, THEN)


def seed(scope: str, first: int, count: int, described: int, when: str = THEN) -> None:
    """Write DIDs, and words about the first of them."""
    with rucio() as connection:
        connection.execute(
            "insert into dev.scopes (scope, account, is_default, status, created_at, updated_at) values (%s, 'lead', false, 'O', now(), now())"
            " on conflict do nothing",
            [scope],
        )
        with connection.cursor().copy(f"copy dev.dids ({COLUMNS}) from stdin") as copy:
            for number in range(first, first + count):
                copy.write_row((*row(scope, number)[:-2], when, when))
        with connection.cursor().copy("copy dev.did_meta (scope, name, meta, created_at, updated_at) from stdin") as copy:
            for number in range(first, first + described):
                words = {
                    "experiment": ("KM3NeT", "CTA", "LOFAR")[number % 3],
                    "run": number // 20,
                    "good": number % 4 != 0,
                    "energy": number / 7,
                }
                copy.write_row((scope, name_of(number), json.dumps(words), when, when))
        connection.execute("analyze dev.dids")
        connection.execute("analyze dev.did_meta")


def forget(scope: str) -> None:
    with rucio() as connection:
        for table in ("did_meta", "dids", "scopes"):
            connection.execute(f"delete from dev.{table} where scope = %s", [scope])  # noqa: S608 -- three names of our own


@contextmanager
def only(scope: str) -> Iterator[None]:
    """Let the lake have this one scope."""
    from datalake import rucio as lake_door
    from datalake.rucio.types import OwnedScope

    real = lake_door.list_scopes
    lake_door.list_scopes = lambda *_: [OwnedScope(scope, "lead")]
    try:
        yield
    finally:
        lake_door.list_scopes = real


def run(what: str, *, full: bool = False) -> None:
    """One filling, in one line."""
    from datalake.index import worker
    from vre_portal.services import ServiceKind, service

    began = time.monotonic()
    found = worker.sync_index(service(ServiceKind.RUCIO), full=full)
    seconds = time.monotonic() - began
    if found is None or found.error:
        raise SystemExit(f"{what}: {found.error if found else 'another run is at work'}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:<28} {seconds:8.1f} s  read {found.read:>8}  changed {found.changed:>8}  described {found.described:>7}"
        f"  removed {found.removed:>6}  {memory:.0f} MB",
        flush=True,
    )


SEARCHES = (
    "pattern=root",
    "pattern=FILE1234",
    "pattern=nothing.here",
    "pattern=sim/v3/run12*",
    "pattern=*RUN1234*",
    "pattern=lofar",
    "scope=BENCH.*&pattern=*run99*",
)


def time_searches(scope: str) -> None:
    """The first page and the number of what searches find, in milliseconds: the best of five."""
    from django.db import connection
    from django.http import QueryDict

    from datalake.index import search
    from datalake.index.models import IndexedScope
    from datalake.index.query import read

    scopes = list(IndexedScope.objects.filter(name=scope))
    with connection.cursor() as cursor:
        cursor.execute("analyze lake_index_entry")
    for text in SEARCHES:
        query, times = read(QueryDict(text)), []
        for _ in range(5):
            began = time.monotonic()
            found, total = search.page(query, scopes), search.total(query, scopes)
            times.append(time.monotonic() - began)
        print(f"{text:<34} {min(times) * 1000:8.1f} ms  {total.count:>7} found, {len(found.entries)} on the page", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dids", type=int, default=100_000)
    parser.add_argument("--described", type=int, default=10_000)
    parser.add_argument("--scope", default="bench.index")
    parser.add_argument("--keep", action="store_true", help="leave scope and index, for benchmarks/lake_pages.py")
    options = parser.parse_args()
    django.setup()
    from datalake.index.models import IndexedScope

    forget(options.scope)
    IndexedScope.objects.filter(name=options.scope).delete()
    seed(options.scope, 0, options.dids, options.described)
    print(f"{options.dids} DIDs, {options.described} of them described", flush=True)
    with only(options.scope):
        run("first run")
        run("nothing changed")
        seed(options.scope, options.dids, 1000, 1000, when=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()))
        run("1000 new and described")
        with rucio() as connection:
            gone = "delete from dev.{} where scope = %s and name like %s"
            for table in ("did_meta", "dids"):
                connection.execute(gone.format(table), [options.scope, "sim/v0/run0/%"])  # type: ignore[arg-type]
        run("full pass, 3 gone", full=True)
    time_searches(options.scope)
    if not options.keep:
        forget(options.scope)
        IndexedScope.objects.filter(name=options.scope).delete()


if __name__ == "__main__":
    main()
