"""What a page costs beside a bare Django view, in one run: public pages, their 304, the first visit after a change, signed-in pages.

    devstack up --only postgres,redis,portal        # with iam,rucio,rucio-daemons,storage: the page of a DID, too
    python -m devstack.portal.manage -- python benchmarks/pages.py [--seconds 3] [--rounds 3] [--only landing,dashboard] [--raw pages.json]

Starts a portal and a bare Django of its own (benchmarks/bare.py), each one gunicorn process with 32 threads, on the database server of
the stack. Page and bare view are measured in turn, with four connections that stay open; what is printed is the median of the rounds'
ratios of answers a second, with least and most. Public pages are compared with a view that asks nothing, pages for a person with one
that reads the session and the user. Before each round of a public page what it shows is changed, so that the first visit is in the
figure; its time stands beside it. "By CPU" is the same ratio of the CPU time that the web process spent on an answer, which other work
on the machine changes less; it leaves out what the database did. `load` is the part of the time for which the load generator itself was
at work: near 1 it was measured, and not the server. Believe ratios, and only with the load average that is printed at the end.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

from benchmarks import load, serving
from devstack import address

BARE_DATABASE = "pages_benchmark_bare"


@dataclass
class Side:
    """A server, the process that answers, and what is asked of it."""

    port: int
    pid: int
    path: str
    headers: dict[str, str]

    @property
    def sent(self) -> bytes:
        return load.request(f"{address.HOST}:{self.port}", self.path, **self.headers)

    def once(self) -> tuple[bytes, float]:
        return load.once((address.HOST, self.port), self.sent)

    def run(self, seconds: float) -> "Measured":
        before = serving.cpu_seconds(self.pid)
        found = load.run((address.HOST, self.port), self.sent, seconds)
        return Measured(found, (serving.cpu_seconds(self.pid) - before) / (found.requests + 1))


@dataclass
class Measured:
    """What came of one run, and what an answer cost the process."""

    load: load.Load
    cpu: float  # seconds of the web process for one answer


@dataclass
class Page:
    """A page of the portal, the bare view that it stands beside, and what changes what it shows."""

    name: str
    side: Side
    bare: Side
    change: Callable[[], object] = lambda: None
    conditional: bool = False  # whether it is asked for with the ETag of what is known


def bare_variables() -> dict[str, str]:
    """The variables of benchmarks/bare.py: a database of its own on the stack's server."""
    from django.db import connection

    known = {name: connection.settings_dict[name] for name in ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
    return {"BARE_DATABASE": json.dumps({**known, "NAME": BARE_DATABASE})}


@contextmanager
def bare_database() -> Iterator[str]:
    """The bare Django's tables, and the cookie of somebody signed in there."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {BARE_DATABASE} with (force)")
        cursor.execute(f"create database {BARE_DATABASE}")
    try:
        command, variables = [sys.executable, "-m", "benchmarks.bare"], {**os.environ, **bare_variables()}
        yield subprocess.run(command, env=variables, cwd=address.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"drop database if exists {BARE_DATABASE} with (force)")


def measure(page: Page, rounds: int, seconds: float) -> dict[str, Any]:
    """Page and bare view in turn; the ratios, the first visits, and all that was counted."""
    answer, _ = page.side.once()
    status, tag = int(answer[9:12]), re.search(rb"\r\netag: *([^\r]+)", answer, re.IGNORECASE)
    if status != 200 or (page.conditional and tag is None):
        why = f"status {status}" if status != 200 else "no ETag"
        print(f"{page.name:<34} not measured: {why}", flush=True)
        return {"page": page.name, "not_measured": why}
    side = page.side
    if page.conditional and tag:
        side = replace(side, headers={**side.headers, "If_None_Match": tag[1].decode()})
    page.side.run(0.5), page.bare.run(0.5)
    pairs = []
    for _ in range(rounds):
        page.change()
        pairs.append((side.run(seconds), page.bare.run(seconds)))
    report(page.name, len(answer), pairs)
    return {"page": page.name, "bytes": len(answer), "rounds": [{"page": asdict(one), "bare": asdict(two)} for one, two in pairs]}


def report(name: str, size: int, pairs: list[tuple[Measured, Measured]]) -> None:
    """A line for a page."""
    ratios = [one.load.rate / two.load.rate for one, two in pairs]
    work = [two.cpu / one.cpu for one, two in pairs]
    rate, bare = (statistics.median(side.load.rate for side in sides) for sides in zip(*pairs, strict=True))
    first = statistics.median(one.load.first * 1000 for one, _ in pairs)
    share = max(side.load.share for pair in pairs for side in pair)
    statuses = ", ".join(str(status) for status in sorted({status for one, _ in pairs for status in one.load.statuses}))
    print(
        f"{name:<32} {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})  by CPU {statistics.median(work):5.2f}"
        f"  {rate:6.0f}/s beside {bare:6.0f}/s  first {first:6.1f} ms  load {share:.2f} {size:7d} bytes  status {statuses}",
        flush=True,
    )


def public(portal: Side, hello: Side) -> Iterator[Page]:
    """Pages for everybody, and the 304 of each."""
    from benchmarks.pages_content import SERVICE, SLUG
    from catalog.software.models import Entry
    from projects.models import Project

    def another_summary() -> None:
        Project.objects.filter(slug=SLUG).update(summary=f"What a page of a project costs. {os.urandom(4).hex()}")

    def another_title() -> None:
        Entry.objects.filter(service=SERVICE, concept="900000").update(title=f"Benchmark tool {os.urandom(4).hex()}")

    pages = {
        "landing": ("/", another_summary),
        "project": (f"/projects/{SLUG}/", another_summary),
        "projects": ("/projects/", another_summary),
        "catalogue": ("/catalog/software/", another_title),
        "catalogue entry": ("/catalog/software/900001/", another_title),
    }
    for name, (path, change) in pages.items():
        yield Page(f"public: {name}", replace(portal, path=path), hello, change)
        yield Page(f"public: {name}, 304", replace(portal, path=path), hello, conditional=True)


def signed(portal: Side, user: Side, cookie: str, lead_cookie: str) -> Iterator[Page]:
    """Pages for a person who takes part in the project; those that ask Rucio, of a person who has an account there."""
    from benchmarks.pages_content import SLUG

    pages = {
        "dashboard": "/dashboard/",
        "project": f"/projects/{SLUG}/",
        "run": f"/projects/{SLUG}/workflows/1/",
        "catalogue": "/catalog/software/",
    }
    for name, path in pages.items():
        yield Page(f"signed in: {name}", replace(portal, path=path, headers={"Cookie": cookie}), user)
    there = {"lake search": "/datalake/escape/?pattern=DM", "DID": "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"}
    for name, path in there.items():
        yield Page(f"signed in: {name}", replace(portal, path=path, headers={"Cookie": lead_cookie or cookie}), user)


def count_queries(pages: list[Page]) -> dict[str, int]:
    """Database queries of the second visit of each page, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    found = {}
    for page in pages:
        if page.conditional:
            continue
        client = Client(headers={"Host": address.HOST, "Cookie": page.side.headers.get("Cookie", "")})
        client.get(page.side.path)
        with CaptureQueriesContext(connection) as queries:
            client.get(page.side.path)
        found[page.name] = len(queries)
    print("queries of the second visit: " + ", ".join(f"{name} {count}" for name, count in found.items()), flush=True)
    return found


def lead_session() -> str:
    """The cookie of `lead`, who signs in at the stack's own portal, where IAM and Rucio run as well; else nothing."""
    from tests import stack

    if any(stack.waiting(name) for name in ("iam", "portal", "rucio")):
        return ""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in stack.portal_session("lead").cookies if "session" in cookie.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="pages whose name has one of these words, with commas between them")
    parser.add_argument("--raw", type=Path, help="where the raw figures go, as JSON")
    options = parser.parse_args()
    django.setup()
    from benchmarks import page_weight, pages_content

    wanted = [word.strip() for word in options.only.split(",") if word.strip()]
    with pages_content.content(), bare_database() as bare_cookie:
        port, bare_port = serving.free_port(), serving.free_port()
        with (
            serving.gunicorn("vre_portal.wsgi", port, "/healthz", PORTAL_URL=f"http://{address.HOST}:{port}", DEBUG="False") as pid,
            serving.gunicorn("benchmarks.bare", bare_port, "/", **bare_variables()) as bare_pid,
        ):
            hello, user = Side(bare_port, bare_pid, "/", {}), Side(bare_port, bare_pid, "/user/", {"Cookie": bare_cookie})
            portal = Side(port, pid, "/", {})
            own = pages_content.session_of(pages_content.person())
            pages = [*public(portal, hello), *signed(portal, user, own, lead_session())]
            chosen = [page for page in pages if not wanted or any(word in page.name for word in wanted)]
            results = [measure(page, options.rounds, options.seconds) for page in chosen]
            memory = {"portal": serving.megabytes(pid), "bare": serving.megabytes(bare_pid)}
            print(f"memory: portal {memory['portal']:.0f} MB, bare {memory['bare']:.0f} MB, {memory['portal'] / memory['bare']:.2f} of it")
            weight = page_weight.measured(f"http://{address.HOST}:{port}/")
            print(f"landing with its assets: {weight['bytes'] / 1000:.0f} kB in {weight['requests']} requests ({weight['how']})")
            queries = count_queries(chosen)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if options.raw:
        figures = {"pages": results, "memory_mb": memory, "landing": weight, "queries": queries, "load_average": os.getloadavg()}
        options.raw.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
