"""Whether 1,000 webhooks to a dead address, or some to slow ones, delay anybody else's, with eight threads of a worker.

    python -m devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/webhooks.py [--dead 1000] [--slow 8] [--seconds 40]

Works in a database of its own, which is made and deleted. Dead webhooks have an address that accepts connections and never answers; each
has a delivery that waits. Slow webhooks, all of one person and each at a host of its own, always have something to send and answer after
5 s that all is well. A good webhook at another host gets an event every half second. Eight threads take tasks from one queue in order, as
a worker does: turns of webhooks as the sweep sends them every 2 s, and ten small tasks a second that stand for runs and mails. Prints p50, p95
and the longest of: event to message at the good receiver, and how long small tasks waited in the queue: alone, and with the others.
Goal: no more than 2.5 s, and 0.1 s more than without.
"""

import argparse
import queue
import socket
import statistics
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

THREADS, SWEEP_SECONDS, SLOW_ANSWER_SECONDS = 8, 2.0, 5.0
Work = tuple[str, Any, float]


class Good(BaseHTTPRequestHandler):
    """Answers at once, and notes when each message came."""

    arrived: dict[str, float] = {}  # noqa: RUF012 -- one server only

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.arrived[self.headers["webhook-id"]] = time.monotonic()
        self.send_response(204)
        self.end_headers()


class Slow(Good):
    """Answers well, but late."""

    arrived: dict[str, float] = {}  # noqa: RUF012 -- one benchmark only

    def do_POST(self) -> None:
        time.sleep(SLOW_ANSWER_SECONDS)
        super().do_POST()


def serve(handler: type[BaseHTTPRequestHandler]) -> str:
    """The host, with its port, of a server that has begun."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


def dead_server() -> int:
    """A port that takes connections and says nothing."""
    server = socket.create_server(("127.0.0.1", 0), backlog=2000)
    kept: list[socket.socket] = []

    def take() -> None:
        while True:
            kept.append(server.accept()[0])

    threading.Thread(target=take, daemon=True).start()
    return int(server.getsockname()[1])


def thread_of_worker(tasks: "queue.Queue[Work]", waits: list[float]) -> None:
    """Take one task after another."""
    from django.db import connection

    from vre_portal.notices.webhooks import worker

    while True:
        kind, pk, since = tasks.get()
        if kind == "end":
            connection.close()
            return
        if kind == "small":
            waits.append(time.monotonic() - since)
        elif worker.send(pk):
            tasks.put(("send", pk, time.monotonic()))


def measure(seconds: float, good: Any) -> tuple[list[float], list[float]]:
    """Delays of events at the good receiver, and waits of small tasks."""
    from vre_portal.notices.webhooks import worker
    from vre_portal.notices.webhooks.models import Delivery

    tasks: queue.Queue[Work] = queue.Queue()
    waits: list[float] = []
    threads = [threading.Thread(target=thread_of_worker, args=(tasks, waits), daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    sent: dict[str, float] = {}
    begin, next_sweep, next_event = time.monotonic(), 0.0, 0.0
    while (now := time.monotonic()) - begin < seconds:
        if now >= next_sweep:
            next_sweep = now + SWEEP_SECONDS
            for pk in worker.runner.waiting():
                tasks.put(("send", pk, now))
        if now >= next_event:
            next_event = now + 0.5
            delivery = Delivery.objects.create(webhook=good, kind="webhooks.test")
            sent[delivery.message_id] = time.monotonic()
            tasks.put(("send", good.pk, now))
        tasks.put(("small", None, time.monotonic()))
        time.sleep(0.1)
    time.sleep(3)
    for _ in threads:
        tasks.put(("end", None, 0.0))
    for thread in threads:
        thread.join(30)
    return [Good.arrived.get(key, float("inf")) - at for key, at in sent.items()], waits


def say(name: str, values: list[float]) -> None:
    """One line of figures."""
    cuts = statistics.quantiles(values, n=20)
    print(f"{name:46} p50 {statistics.median(values):6.3f} s   p95 {cuts[18]:6.3f} s   longest {max(values):6.3f} s   ({len(values)})")


def run(dead: int, slow: int, seconds: float) -> None:
    """Measure the good one alone, with the slow ones, and with the dead ones."""
    import uuid

    from vre_portal import services as configured
    from vre_portal.encryption import encrypt
    from vre_portal.iam.models import User
    from vre_portal.notices.webhooks.models import Delivery, Webhook
    from vre_portal.notices.webhooks.signing import new_secret
    from vre_portal.services import Service, ServiceKind

    hosts = {"good": serve(Good), "dead": f"127.0.0.1:{dead_server()}", **{f"slow-{number}": serve(Slow) for number in range(slow)}}
    known = configured._all()
    named = tuple(Service(ServiceKind.WEBHOOK, name, name, f"http://{host}") for name, host in hosts.items())
    configured._all = lambda: (*known, *named)  # type: ignore[assignment]
    people = {name: User.objects.create(issuer="https://iam.example/", subject=name, name=name) for name in ("good", "slow", "dead")}

    def webhook(host: str) -> Webhook:
        user = people[next(name for name, known in hosts.items() if known == host).partition("-")[0]]
        item = Webhook(owner=f"person:{user.pk}", user=user, key=uuid.uuid4(), title="x", url=f"http://{host}/", host=host)
        item.secret = encrypt(new_secret(), owner=item.secret_owner)
        return item

    good = webhook(hosts["good"])
    good.save()
    slow_hosts, dead_hosts = [host for name, host in hosts.items() if name.startswith("slow")], [hosts["dead"]] * dead
    cases = (("alone", [], 0), (f"with {slow} slow webhooks", slow_hosts, 50), (f"with {dead:,} dead webhooks", dead_hosts, 1))
    measure(3, good)  # what is imported and connected to once is no delay of anybody's
    for label, others, waiting in cases:
        Delivery.objects.all().delete()
        rows = Webhook.objects.bulk_create(webhook(host) for host in others)
        Delivery.objects.bulk_create(Delivery(webhook=item, kind="webhooks.test") for item in rows for _ in range(waiting))
        delays, waits = measure(seconds, good)
        say(f"{label}: event to message", delays)
        say(f"{label}: other tasks waited", waits)
    tried = Webhook.objects.filter(host=hosts["dead"], failures__gt=0).count()
    print(f"dead webhooks tried meanwhile: {tried}")


def main() -> None:
    """Make a database, measure, and delete it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dead", type=int, default=1000)
    parser.add_argument("--slow", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=40)
    options = parser.parse_args()
    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        run(options.dead, options.slow, options.seconds)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
