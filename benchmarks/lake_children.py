"""What 10,000 and 100,000 children cost a page of the Data Lake, against the local stack's real Rucio.

    make run
    python -m devstack.portal.manage -- python benchmarks/lake_children.py [--many 100000] [--rounds 7]

Seeds two of each directly in Rucio's PostgreSQL: a dataset of so many files with a copy each, a stuck rule that locks them all, and a container of so
many datasets; all in one scope, which is removed afterwards. A portal of its own (gunicorn, one worker, as deployed) is asked for each
page and part in turn for the one and the other. Printed are medians, their ratio, and by how much the portal's worker grew while the
larger one was asked for. Goal: first rows of 10,000 files within 300 ms, and what costs the page costs no more for 100,000.
"""

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
import requests
from psycopg import Connection, sql

from benchmarks.lake_index import COLUMNS, THEN, rucio
from benchmarks.lake_pages import megabytes, portal, signed_in
from devstack import address

SCOPE, RSE = "bench.children", "DEMO-ANNECY"
LATER = "2099-01-01"  # Rucio's repairer leaves alone what was looked at after now
LAKE = "/datalake/escape/"
MAX_FILES = 10_000  # of one zip, as in datalake/files/bundles.py
TABLES = ("locks", "rules", "replicas", "contents", "dids", "scopes")  # in an order in which they can be emptied
Rows = Iterator[tuple[Any, ...]]


def did_row(name: str, kind: str, size: int | None) -> tuple[Any, ...]:
    flags = (False, False, False, False, "A", True, False)
    return (SCOPE, name, "lead", kind, None if kind == "F" else True, *flags, size, None, "0a0b0c0d" if size else None, False, THEN, THEN)


def fill(database: Connection[Any], table: str, columns: str, rows: Rows) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name.strip()) for name in columns.split(","))
    with database.cursor().copy(sql.SQL("copy dev.{} ({}) from stdin").format(sql.Identifier(table), names)) as copy:
        for row in rows:
            copy.write_row(row)


def seed(database: Connection[Any], many: int) -> str:
    """A dataset and a container with so many children; the id of the dataset's rule."""
    database.execute(
        "insert into dev.scopes (scope, account, is_default, status, created_at, updated_at) values (%s, 'lead', false, 'O', now(), now())"
        " on conflict do nothing",
        [SCOPE],
    )
    found = database.execute("select id from dev.rses where rse = %s", [RSE]).fetchone()
    assert found is not None, f"there is no {RSE}"
    rse, rule, dataset, container = found[0], uuid.uuid4(), f"files-{many}", f"datasets-{many}"
    files, datasets = [f"{many}/file{n}" for n in range(many)], [f"{many}/set{n}" for n in range(many)]
    fill(database, "dids", COLUMNS, iter([did_row(dataset, "D", None), did_row(container, "C", None)]))
    fill(database, "dids", COLUMNS, (did_row(name, "F", 1000) for name in files))
    fill(database, "dids", COLUMNS, (did_row(name, "D", None) for name in datasets))
    inside = "scope, name, child_scope, child_name, did_type, child_type, bytes, created_at, updated_at"
    fill(database, "contents", inside, ((SCOPE, dataset, SCOPE, name, "D", "F", 1000, THEN, THEN) for name in files))
    fill(database, "contents", inside, ((SCOPE, container, SCOPE, name, "C", "D", None, THEN, THEN) for name in datasets))
    copies = "rse_id, scope, name, bytes, adler32, state, lock_cnt, created_at, updated_at"
    fill(database, "replicas", copies, ((rse, SCOPE, name, 1000, "0a0b0c0d", "A", 1, THEN, THEN) for name in files))
    database.execute(
        "insert into dev.rules (id, account, scope, name, did_type, state, error, rse_expression, copies, locked, grouping, notification, activity,"
        " locks_stuck_cnt, purge_replicas, ignore_availability, ignore_account_limit, split_container, priority, created_at, updated_at)"
        " values (%s, 'lead', %s, %s, 'D', 'S', 'no sources', %s, 1, false, 'D', 'N', 'User Subscriptions',"
        " %s, false, false, false, false, 3, %s, %s)",
        [rule, SCOPE, dataset, RSE, many, THEN, LATER],
    )
    locks = "scope, name, rule_id, rse_id, account, bytes, state, repair_cnt, created_at, updated_at"
    fill(database, "locks", locks, ((SCOPE, name, rule, rse, "lead", 1000, "S", 0, THEN, LATER) for name in files))
    return rule.hex


def forget(database: Connection[Any]) -> None:
    for table in TABLES:
        database.execute(sql.SQL("delete from dev.{} where scope = %s").format(sql.Identifier(table)), [SCOPE])


@contextmanager
def seeded(sizes: tuple[int, ...]) -> Iterator[dict[int, str]]:
    """What is measured, and the rules on it."""
    with rucio() as database:
        forget(database)
        try:
            rules = {many: seed(database, many) for many in sizes}
            for table in TABLES:
                database.execute(sql.SQL("analyze dev.{}").format(sql.Identifier(table)))
            yield rules
        finally:
            forget(database)


def pages(many: int, rule: str) -> dict[str, str]:
    """What a person or a script opens, by what it is called here."""
    files, datasets = f"{LAKE}did/{SCOPE}/files-{many}", f"{LAKE}did/{SCOPE}/datasets-{many}"
    return {
        "dataset: page": files,
        "dataset: JSON": f"{files}?format=json",
        "dataset: copies as CSV": f"{files}?format=csv",
        "dataset: first rows": f"{files}?part=content",
        "dataset: first rows as JSON": f"{files}?part=content&format=json",
        "dataset: rows in the middle": f"{files}?part=content&from={many // 2}",
        "dataset: last rows": f"{files}?part=content&from={many - 50}",
        "dataset: history": f"{files}?part=history",
        **({"dataset: refused as a zip": f"{LAKE}zip/{SCOPE}/files-{many}"} if many > MAX_FILES else {}),
        "container: page": datasets,
        "container: first rows": f"{datasets}?part=content",
        "file: page": f"{LAKE}did/{SCOPE}/{many}/file7",
        "file: why": f"{LAKE}why/{SCOPE}/{many}/file7",
        "rule: page": f"{LAKE}rules/{rule}/",
        "rule: locks as JSON": f"{LAKE}rules/{rule}/?format=json",
        "rule: last locks": f"{LAKE}rules/{rule}/?from={many - 50}",
        "rule: why": f"{LAKE}rules/{rule}/why/?format=json",
        "scope: live": f"{LAKE}live/?scope={SCOPE}",
    }


def asked(session: requests.Session, url: str) -> tuple[float, requests.Response]:
    began = time.perf_counter()
    reply = session.get(url, timeout=60, allow_redirects=False)
    return (time.perf_counter() - began) * 1000, reply


def raw(many: int) -> float:
    """What Rucio itself takes for the first 51 rows of a dataset, the rest of which is not waited for."""
    from tests.devstack.rucio_client import token

    headers = {"X-Rucio-Auth-Token": token("lead"), "Accept": "application/x-json-stream"}
    began = time.perf_counter()
    url = f"{address.RUCIO_URL}/dids/{SCOPE}/files-{many}/dids"
    with requests.get(url, headers=headers, stream=True, timeout=60) as reply:
        assert len(list(islice(reply.iter_lines(), 51))) == 51
    return (time.perf_counter() - began) * 1000


def missing(reply: requests.Response) -> str:
    """What an answer lacks."""
    said = [words for words in ("did not answer in time", "Showing data from", "sent an unexpected answer") if words in reply.text]
    return f"  {reply.status_code} {said}" if said or reply.status_code != 200 else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    django.setup()
    few = 10_000
    with seeded((few, options.many)) as rules, portal(address.PORTS["rucio"]) as (base, pid):
        session = signed_in()
        asked(session, base + pages(few, rules[few])["file: page"])
        for what, other in pages(options.many, rules[options.many]).items():
            one, pairs = pages(few, rules[few]).get(what, other), []
            before = megabytes(pid)
            for _ in range(options.rounds):
                (left, a), (right, b) = asked(session, base + one), asked(session, base + other)
                pairs.append((left, right))
            left, right = (statistics.median(side) for side in zip(*pairs, strict=True))
            print(
                f"{what:<30} {left:7.0f} ms  {right:7.0f} ms  ratio {statistics.median(r / f for f, r in pairs):5.2f}"
                f"  {megabytes(pid) - before:+6.1f} MB{missing(a)}{missing(b)}",
                flush=True,
            )
        pairs = [(raw(few), raw(options.many)) for _ in range(options.rounds)]
        left, right = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(r / f for f, r in pairs)
        print(f"{'Rucio itself: first rows':<30} {left:7.0f} ms  {right:7.0f} ms  ratio {ratio:5.2f}")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
