"""What 1,000 open pages of runs cost when they are told of changes, beside asking every five seconds.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/events.py [--pages 1000] [--seconds 30]

Makes a database of its own with so many runs, starts the real process for events, and opens a real connection for each run's page. Told are:

- memory of the process for each open page (proportional, as the kernel counts it);
- its processor time: by itself, for asking again who may see what, and for changes (each run changes once in ten minutes), with what the pages
  then fetch; beside the processor time of the same pages asking every five seconds and being told that nothing is new;
- from the change to the page: the event on its way, the pause of up to 0.3 s that the page makes, and the page's part being made;
- the same for the bell, from the end of the transaction of a notice.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

POLL_SECONDS, CHANGE_SECONDS, QUIET_SECONDS = 5, 600, 240
JITTER_MS = 300
LIMIT_BYTES, LIMIT_CPU, LIMIT_MS = 64 * 1024, 0.05, 1000
AT_ONCE = 50


def fill(count: int) -> tuple[Any, list[Any]]:
    """A person with a project and so many runs that are under way."""
    from django.utils import timezone

    from projects.workflows.models import Run, Specification
    from tests.factories import make_person, make_project

    person = make_person("lead")
    project = make_project(lead=person)
    specification = Specification.objects.create(project=project, name="s", title="S", text="workflow: {type: serial}")
    steps = [
        {"number": n, "name": f"step {n}", "state": "running", "command": "true", "environment": "python", "log": "x\n" * 200}
        for n in (1, 2)
    ]
    rows = [
        Run(
            project=project, number=number, by=person, specification=specification, key=uuid.uuid4(), server="x", name=Run.new_name(),
            status=Run.Status.RUNNING, steps=steps, started_at=timezone.now(), checked_at=timezone.now(),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    Run.objects.bulk_create(rows, batch_size=500)
    return person, list(Run.objects.select_related("project").order_by("pk"))  # as the database has them


def children(pid: int) -> list[int]:
    """The process and those that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += children(int(child))
    return found


def memory(pid: int) -> int:
    """Proportional memory in bytes."""
    return sum(int(Path(f"/proc/{item}/smaps_rollup").read_text().split("Pss:", 1)[1].split()[0]) * 1024 for item in children(pid))


def processor_seconds(pid: int) -> float:
    fields = [Path(f"/proc/{item}/stat").read_text().rsplit(")", 1)[1].split() for item in children(pid)]
    return sum(int(part[11]) + int(part[12]) for part in fields) / 100


class Pages:
    """Open pages, and when each was told."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.told: dict[str, list[float]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self, topics: list[str]) -> None:
        """Return when all of them are told what they listen to."""
        for start in range(0, len(topics), AT_ONCE):
            await asyncio.gather(*(self._open(topic) for topic in topics[start : start + AT_ONCE]))

    async def _open(self, topic: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET /events/?topic={topic} HTTP/1.1\r\nHost: x\r\nCookie: {self.cookie}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b"event: topics\n"), 120)
        self.writers.append(writer)  # one that nobody holds is closed
        self.tasks.append(asyncio.create_task(self._read(reader, topic)))

    async def _read(self, reader: asyncio.StreamReader, topic: str) -> None:
        while line := await reader.readline():
            if line == b"event: change\n":
                self.told.setdefault(topic, []).append(time.perf_counter())

    async def arrival(self, topic: str, begin: float) -> float:
        """Milliseconds from the change until the page knows."""
        async with asyncio.timeout(60):
            while not self.told.get(topic):
                await asyncio.sleep(0.001)
        return (self.told.pop(topic)[0] - begin) * 1000


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def requests_of_a_page(browser: Any, runs: list[Any], rounds: int = 200) -> tuple[float, float, list[float]]:
    """Processor seconds of a question that is told nothing new, of one that gets the part, and how long the latter takes."""
    from projects.workflows.views import digest_of

    costs: dict[bool, list[float]] = {True: [], False: []}
    times = []
    for number in range(rounds):
        run = runs[number % len(runs)]
        address = run.get_absolute_url()
        for is_new in (False, True):
            seen = "" if is_new else f"?seen={digest_of(run)}"
            begin, clock = time.process_time(), time.perf_counter()
            status = browser.get(f"{address}{seen}", headers={"HX-Request": "true"}).status_code
            if status == (200 if is_new else 204):  # the digest changes every five seconds
                costs[is_new].append(time.process_time() - begin)
                times += [(time.perf_counter() - clock) * 1000] if is_new else []
    return statistics.mean(costs[False]), statistics.mean(costs[True]), times


async def measure(server: Any, person: Any, runs: list[Any], browser: Any, cookie: str, seconds: float) -> bool:
    """Everything in one run, one after the other."""
    from django.db import connections

    from vre_portal import events
    from vre_portal.notices import bell

    thread = ThreadPoolExecutor(1)  # with one connection to the database

    async def aside(work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(thread, work, *arguments)

    pid, names = server.process.pid, [f"run-{run.pk}" for run in runs]
    pages = Pages(server.port, cookie)
    await pages.open([f"bell-{person.pk}"])
    before = memory(pid)
    await pages.open(names)
    each = (memory(pid) - before) / len(names)
    assert not any(task.done() for task in pages.tasks)
    print(f"{len(names)} open pages: {each / 1024:.1f} kB each, {memory(pid) / 2**20:.0f} MB in all (limit 64 kB each)")

    begin, clock = processor_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    idle = (processor_seconds(pid) - begin) / (time.monotonic() - clock)
    begin = processor_seconds(pid)
    await aside(events.recheck, None)
    await asyncio.sleep(min(60, 5 + len(names) / 50))
    checks = (processor_seconds(pid) - begin) / QUIET_SECONDS

    arrivals = []
    begin = processor_seconds(pid)
    for name in random.sample(names, min(200, len(names))):
        clock = time.perf_counter()
        await aside(events.publish, name, "run")
        arrivals.append(await pages.arrival(name, clock))
    changes = (processor_seconds(pid) - begin) / len(arrivals) * len(names) / CHANGE_SECONDS

    bells = []
    for _ in range(50):
        clock = time.perf_counter()
        await aside(bell.changed, [person.pk])
        bells.append(await pages.arrival(f"bell-{person.pk}", clock))

    clock = time.perf_counter()
    for name in names:  # all at once: a server that comes back
        await aside(events.publish, name, "run")
    burst = [await pages.arrival(name, clock) for name in names]

    unchanged, changed, times = await aside(requests_of_a_page, browser, runs)
    polling = len(names) / POLL_SECONDS * unchanged
    fetches = len(names) * (changed / CHANGE_SECONDS + unchanged / QUIET_SECONDS)
    told = idle + checks + changes
    print(f"processor, events: idle {idle:.4f}, who may see {checks:.4f}, changes {changes:.4f}; pages fetch {fetches:.4f} (of one core)")
    print(
        f"processor, asking every {POLL_SECONDS} s: {polling:.3f} of one core ({unchanged * 1000:.1f} ms each, the part {changed * 1000:.1f} ms)"
    )
    print(f"ratio: the process {told / polling:.3f} (limit {LIMIT_CPU}), with what pages fetch {(told + fetches) / polling:.3f}")
    total = p95(arrivals) + JITTER_MS + p95(times)
    print(f"event to stream: median {statistics.median(arrivals):.0f} p95 {p95(arrivals):.0f} ms; the part p95 {p95(times):.0f} ms")
    print(f"event to page, p95: at most {total:.0f} ms with a pause of {JITTER_MS} ms (limit {LIMIT_MS})")
    print(f"{len(names)} events one after the other: the last page is told after {max(burst):.0f} ms")
    print(f"bell, commit to stream: p95 {p95(bells):.0f} ms (goal 2000 with the page's own question)")
    for task in pages.tasks:
        task.cancel()
    await aside(connections.close_all)
    return each <= LIMIT_BYTES and told / polling <= LIMIT_CPU and total <= LIMIT_MS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment

    from tests.events.streams import serving

    setup_test_environment()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.POLICIES_REQUIRED = False
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "events_benchmark"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        person, runs = fill(options.pages)
        browser = Client()
        browser.force_login(person)
        cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
        with serving(EVENTS_STREAMS_OF_PERSON="100000") as server:
            is_good = asyncio.run(measure(server, person, runs, browser, cookie, options.seconds))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print("load average", Path("/proc/loadavg").read_text().split()[:3])
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
