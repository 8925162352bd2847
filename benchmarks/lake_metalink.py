"""How long the list of addresses of a large dataset takes through the running portal, and how much memory its worker needs meanwhile.

Against the running local stack (make run): `python -m devstack.portal.manage -- python benchmarks/lake_metalink.py [--files 100000]`.
Seeds a dataset of files with two copies each directly in Rucio's PostgreSQL, fetches its metalink once, counts what came, and removes the dataset.
"""

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks.lake_downloads import resident, worker
from devstack import address
from tests import stack

SCOPE, DATASET = "bench.metalink", "all.ds"
SITES = ("DEMO-ANNECY", "DEMO-BOLOGNA")
FLAGS = "monotonic, hidden, obsolete, suppressed, availability, purge_replicas, transient, is_new, created_at, updated_at"
THEN = "false, false, false, false, 'A', true, false, false, '2026-01-01', '2026-01-01'"


def rucio() -> psycopg.Connection[Any]:
    return psycopg.connect(address.database_url("rucio"), autocommit=True)


def seed(files: int) -> None:
    """A scope, a dataset, files in it, and their copies."""
    named = "'run/' || i / 1000 || '/file' || i || '.root', 1000 + i, '0a0b0c0d'"
    with rucio() as connection:
        run = connection.execute
        run(
            "insert into dev.scopes (scope, account, is_default, status, created_at, updated_at) values (%s, 'lead', false, 'O', now(), now())",
            [SCOPE],
        )
        run(
            f"insert into dev.dids (scope, name, account, did_type, is_open, length, {FLAGS}) values (%s, %s, 'lead', 'D', false, %s, {THEN})",  # type: ignore[arg-type]  # noqa: S608
            [SCOPE, DATASET, files],
        )
        run(
            f"insert into dev.dids (scope, account, did_type, name, bytes, adler32, {FLAGS})"  # type: ignore[arg-type]  # noqa: S608
            f" select %s, 'lead', 'F', {named}, {THEN} from generate_series(1, %s) i",
            [SCOPE, files],
        )
        run(
            "insert into dev.contents (scope, name, child_scope, did_type, child_type, child_name, bytes, adler32, created_at, updated_at)"  # type: ignore[arg-type]  # noqa: S608
            f" select %s, %s, %s, 'D', 'F', {named}, now(), now() from generate_series(1, %s) i",
            [SCOPE, DATASET, SCOPE, files],
        )
        run(
            "insert into dev.replicas (rse_id, scope, name, bytes, adler32, state, lock_cnt, created_at, updated_at)"  # type: ignore[arg-type]  # noqa: S608
            f" select r.id, %s, {named}, 'A', 1, now(), now() from generate_series(1, %s) i, dev.rses r where r.rse = any(%s)",
            [SCOPE, files, list(SITES)],
        )
        for table in ("dids", "contents", "replicas"):
            run(f"analyze dev.{table}")  # type: ignore[arg-type]


def forget() -> None:
    with rucio() as connection:
        for table in ("replicas", "contents", "dids", "scopes"):
            connection.execute(f"delete from dev.{table} where scope = %s", [SCOPE])  # type: ignore[arg-type]  # noqa: S608


def fetch() -> dict[str, object]:
    """The list, counted while it comes."""
    session, process, over, most = stack.portal_session("lead"), worker(), threading.Event(), [0.0]
    before = resident(process)

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], resident(process))

    threading.Thread(target=watch).start()
    try:
        began = time.monotonic()
        with session.get(f"{address.PORTAL_URL}/datalake/escape/metalink/{SCOPE}/{DATASET}", stream=True, timeout=300) as reply:
            pieces = reply.iter_content(1024 * 1024)
            text = next(pieces, b"")
            first, size, rest, files, urls = time.monotonic() - began, 0, b"", 0, 0
            while text:
                size += len(text)
                files += (rest + text).count(b"<file ")
                urls += (rest + text).count(b"<url p")
                rest, text = text[-5:], next(pieces, b"")
        seconds = time.monotonic() - began
    finally:
        over.set()
    return {
        "status": reply.status_code,
        "whole": rest.endswith(b"link>"),
        "files": files,
        "addresses": urls,
        "megabytes": round(size / 1e6, 1),
        "seconds_to_the_first_byte": round(first, 1),
        "seconds": round(seconds, 1),
        "megabytes_of_memory": round(most[0] - before, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    asked = parser.parse_args()
    forget()
    seed(asked.files)
    try:
        print(json.dumps({"wanted": asked.files, **fetch()}, indent=1))
    finally:
        forget()


if __name__ == "__main__":
    main()
