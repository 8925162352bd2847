"""What a search costs at 100,000 documents beside the bare query, and how many changes a minute the index keeps up with.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/search.py [--documents 100000] [--rounds 30]

Makes a database of its own with documents of a few kinds and audiences, whose words are as frequent as words of a language are, and asks
for rare and common ones, several at once, phrases, filters and beginnings, as a visitor and as somebody who sees little. "Bare" is the
plain statement of PostgreSQL's own manual with the same words and audiences: all matches ranked, the first twenty. Prints the median and
the 95th percentile of each in milliseconds, and their ratio; then the same for completions, and the indexing of changes.

Beside the time that passes stands the time that a processor worked, in this process and in PostgreSQL's: on a machine that does something else
as well only that says what a search costs. It is counted where PostgreSQL runs on the same Linux machine.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

BARE = """
SELECT id, title, url, ts_rank(vector, %s::tsquery) AS rank FROM search_document
WHERE vector @@ %s::tsquery AND audience_id = ANY(%s) ORDER BY rank DESC, id DESC LIMIT 20
"""
QUERIES = (
    "w00001", "w00003", "w00010", "w00030", "w00100", "w00300", "w01000", "w03000", "w00001 w00002", "w00001 w00500", "w00002 w00003 w00004",
    '"w00001 w00002"', "w00005 type:dataset", "w00005 project:p7", "w00001 OR w00400", "w00020 -w00001", "type:file", "keyword:k3", "year:2024 w00002",
    "w99999",
)  # fmt: skip
WORDS, DAYS = 20_000, 2_000


def items(count: int, chance: random.Random) -> Any:
    """Documents of which nine in ten are public, with words by Zipf's law."""
    from datetime import UTC, datetime, timedelta

    from vre_portal.search import audiences
    from vre_portal.search.sources import SearchItem

    weights = [1 / (place + 2) for place in range(WORDS)]
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    names = [f"w{place:05}" for place in range(WORDS)]
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(count):
        some = chance.choices(names, cum_weights=sums, k=60)
        project = f"p{chance.randrange(50)}"
        kind = chance.choices(("file", "dataset", "run", "software", "project"), (80, 12, 6, 1, 1))[0]
        rule = audiences.PUBLIC if chance.random() < 0.9 else audiences.rule(audiences.person(chance.randrange(1, 200)))
        yield SearchItem(
            str(number), kind, " ".join(some[:4]), f"/{number}/", rule, " ".join(some[4:8]), " ".join(some[8:]),
            facets={"project": [project], "keyword": [f"k{number % 20}"], "scope": [f"s{number % 30}"]},
            created=begin + timedelta(days=chance.randrange(DAYS)), is_top=kind in ("software", "project"),
        )  # fmt: skip


def fill(count: int) -> None:
    """Write the documents as the worker does, and let PostgreSQL look at them."""
    from itertools import batched

    from django.db import connection, transaction

    from vre_portal.search import store

    chance = random.Random(1)  # noqa: S311
    began = time.monotonic()
    for part in batched(items(count, chance), 1_000):
        with transaction.atomic():
            store.save("benchmark", {item.key: item for item in part}, [item.key for item in part])
    seconds = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE search_document")
        cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('search_document'))")
        size = cursor.fetchone()[0]
    print(f"{count} documents written in {seconds:.0f} s ({count / seconds * 60:.0f} a minute), {size}", flush=True)


class Times(NamedTuple):
    """How long something took, and how long a processor worked for it, in milliseconds."""

    passed: float
    worked: float


def milliseconds(call: Callable[[], object]) -> Times:
    began, worked = time.perf_counter(), _worked()
    call()
    return Times((time.perf_counter() - began) * 1000, _worked() - worked)


def _worked() -> float:
    """The time that a processor worked for this process and for its connection's; for this process alone where the other is not here."""
    from django.db import connection

    connection.ensure_connection()
    try:
        server = int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e6
    except OSError:
        server = 0.0
    return time.process_time() * 1000 + server


def told(times: list[Times]) -> str:
    """The median and the 95th percentile of both."""
    passed, worked = ([item[place] for item in times] for place in (0, 1))
    shown = f"{statistics.median(passed):6.1f} {p95(passed):6.1f}"
    return f"{shown} ms (processor {statistics.median(worked):5.1f} {p95(worked):5.1f})"


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def measure(rounds: int, user: Any, name: str) -> None:
    """Each search and the bare query in turn."""
    from django.db import connection

    from vre_portal.search import find, query

    def bare(text: str, numbers: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [text, text, numbers])
            cursor.fetchall()

    ours: list[Times] = []
    theirs: list[Times] = []
    for text in QUERIES:
        parsed = query.read(text)
        numbers = list(find.findable_by(user).audiences)
        own: list[Times] = []
        plain: list[Times] = []
        for _ in range(rounds):
            own.append(milliseconds(lambda parsed=parsed: find.search(parsed, find.findable_by(user))))
            plain.append(milliseconds(lambda parsed=parsed, numbers=numbers: bare(parsed.tsquery(), numbers)))
        page = find.search(parsed, find.findable_by(user))
        total = f"{page.total}{'+' if page.is_cut else ''}"
        print(f"{name:<8} {text:<24} {total:>6}  median, p95 {told(own)}  bare {told(plain)}", flush=True)
        ours += own
        theirs += plain
    ratios = [p95([item[place] for item in ours]) / p95([item[place] for item in theirs]) for place in (0, 1)]
    print(f"{name:<8} all: {told(ours)}; bare {told(theirs)}; ratio of p95 {ratios[0]:.2f} (processor {ratios[1]:.2f})", flush=True)
    for text in ("w0", "w00", "w001", "w00001 w00", "zz"):
        parsed = query.read(text)
        found = [
            milliseconds(
                lambda parsed=parsed: (
                    find.titles(parsed, find.findable_by(user)),
                    find.completions(parsed.search_words[-1], find.findable_by(user)),
                )
            )
            for _ in range(rounds)
        ]
        print(f"{name:<8} typed {text:<18} median, p95 {told(found)}", flush=True)


def keeps_up(changes: int = 1_000) -> None:
    """Projects that change, indexed as the worker does."""
    from projects.models import Project
    from vre_portal.search import worker

    Project.objects.bulk_create(
        Project(slug=f"bench-{number}", title=f"Project {number}", visibility="public") for number in range(changes)
    )
    while worker.update():
        pass
    Project.objects.filter(slug__startswith="bench-").update(title="Changed title", summary="with a summary")
    began = time.monotonic()
    while worker.update():
        pass
    seconds = time.monotonic() - began
    print(f"{changes} changes in {seconds:.1f} s: {changes / seconds * 60:.0f} a minute", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    django.setup()
    from django.contrib.auth.models import AnonymousUser
    from django.db import connection

    from vre_portal.iam.models import User

    connection.settings_dict["TEST"]["NAME"] = "search_benchmark"
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        fill(options.documents)
        measure(options.rounds, AnonymousUser(), "visitor")
        measure(options.rounds, User.objects.create(issuer="x", subject="y"), "person")
        keeps_up()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("load average", Path("/proc/loadavg").read_text().split()[:3])


if __name__ == "__main__":
    main()
