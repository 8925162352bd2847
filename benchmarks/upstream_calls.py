"""How often REANA is asked about 10,000 active runs of 100 people, beside one call for each run and round.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/upstream_calls.py [--people 100] [--runs 100] [--rounds 5]

Makes a database of its own, and a server that speaks as much of REANA's API as following runs needs and counts what it is asked. Each round
asks about everybody, as the sweep does at most every two seconds. Told are the calls of a round per run: while nothing changes; while the pages
of one run of each person are open (one or twenty browsers each: the same); and when one run in a hundred changes its state. Then how many calls
a minute of sweeps makes, with the pauses that grow while nothing changes.
"""

import argparse
import json
import sys
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

LIMIT = 0.03  # calls per run and round
NAME = "counted"


class Reana(BaseHTTPRequestHandler):
    """Answers for `states`, and counts by the last part of the address."""

    protocol_version = "HTTP/1.1"
    states: dict[str, dict[str, str]] = {}  # noqa: RUF012 -- of the one server
    calls: Counter[str] = Counter()

    def do_GET(self) -> None:
        parts, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        person = query.get("access_token", [""])[0]
        if not person:
            self.answer(401, {"message": "no token"})
            return
        kind = parts.path.rsplit("/", 1)[-1]
        self.calls[kind] += 1
        if kind == "workflows":
            page, size = int(query["page"][0]), int(query["size"][0])
            rows = sorted(self.states[person].items())
            items = [{"id": key, "name": f"{key}.1", "status": state} for key, state in rows[(page - 1) * size : page * size]]
            self.answer(200, {"items": items, "page": page, "total": len(rows), "has_next": page * size < len(rows)})
        elif kind == "logs":
            self.answer(200, {"logs": json.dumps({"workflow_logs": "", "job_logs": {}}), "live_logs_enabled": True})
        else:
            self.answer(404, {"message": "not here"})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def fill(people: int, runs: int) -> list[Any]:
    """So many active runs, seen a moment ago."""
    from django.utils import timezone

    from projects.models import Membership, Project, Role
    from projects.workflows.models import Run, Specification
    from vre_portal.iam.models import User

    project = Project.objects.create(slug="calls", title="Calls")
    specification = Specification.objects.create(project=project, name="s", title="S", text="workflow: {type: serial}")
    made = []
    for number in range(people):
        user = User.objects.create(issuer="https://iam.example/", subject=f"calls-{number}", name=f"Person {number}")
        Membership.objects.create(project=project, user=user, role=Role.MEMBER)
        made += [
            Run(
                project=project, number=number * runs + place + 1, by=user, specification=specification, key=uuid.uuid4(), server=NAME,
                name=Run.new_name(), remote_id=f"{user.pk}-{place:05}", status=Run.Status.RUNNING, started_at=timezone.now(),
                checked_at=timezone.now(),
            )
            for place in range(runs)
        ]  # fmt: skip
    Run.objects.bulk_create(made, batch_size=1000)
    for run in made:
        Reana.states.setdefault(str(run.by_id), {})[run.remote_id] = "running"
    return made


def stand_in(port: int) -> None:
    """No IAM, and one REANA: the counting one."""
    from projects.workflows import polling
    from vre_portal.services import Service, ServiceKind

    server = Service(
        ServiceKind.REANA, NAME, "Counting server", f"http://127.0.0.1:{port}", options={"dialect": "query", "requests_per_second": 0}
    )
    polling.service = lambda *_: server
    polling.access_token = lambda by, *_, **__: str(by.pk)
    polling.authorization = SimpleNamespace(refresh_user=lambda by: by)


def one_round() -> Counter[str]:
    """Everybody is asked about once; what that cost."""
    from projects.workflows import polling

    Reana.calls.clear()
    for pair in polling.followed():
        polling.follow(*pair)
    return Counter(Reana.calls)


def told(name: str, calls: Counter[str], runs: int, began: float) -> float:
    ratio = sum(calls.values()) / runs
    print(f"{name:<46} {dict(calls)!s:<36} {ratio:.4f} of one per run, {time.monotonic() - began:5.1f} s")
    return ratio


def measure(runs: list[Any], rounds: int) -> bool:
    """All cases in turn."""
    from projects.workflows import polling, viewers
    from projects.workflows.models import Run

    ratios = []
    viewers.WATCHED_SECONDS = 3600  # however long a round takes here
    for number in range(rounds):
        began = time.monotonic()
        ratios.append(told(f"round {number + 1}, nothing changes", one_round(), len(runs), began))
    first_of_each = {run.by_id: run for run in reversed(runs)}.values()
    for readers in (1, 20):
        for run in first_of_each:
            for _ in range(readers):
                viewers.watch(run)
        began = time.monotonic()
        ratios.append(told(f"{readers} open pages of one run of each person", one_round(), len(runs), began))
    polling.cache.clear()
    for run in runs[::100]:
        Reana.states[str(run.by_id)][run.remote_id] = "failed"
    began = time.monotonic()
    ratios.append(told("one run in a hundred changes its state", one_round(), len(runs), began))
    assert Run.objects.filter(status=Run.Status.FAILED).count() == len(runs[::100])
    print(f"most calls of a round: {max(ratios):.4f} of one per run (limit {LIMIT})")
    print(
        f"a minute without changes: {len(polling.followed()) * sweeps_of_a_minute(viewers)} calls, without pauses {len(polling.followed()) * 30}"
    )
    return max(ratios) <= LIMIT


def sweeps_of_a_minute(viewers: Any) -> int:
    """In how many sweeps of a minute somebody is asked about, by the pauses that grow."""
    moment, pause, asked = 0.0, viewers.FIRST_REST / 2, 0
    while moment < 60:
        asked += 1
        pause = min(2 * pause, viewers.LONGEST_REST)
        moment += pause
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    django.setup()
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Reana)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "calls_benchmark"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        cache.clear()
        stand_in(server.server_port)
        is_good = measure(fill(options.people, options.runs), options.rounds)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("load average", Path("/proc/loadavg").read_text().split()[:3])
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
