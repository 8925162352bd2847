"""What a launch costs: the answer to the form, the way to REANA's queue beside `reana-client run`, and how many launches are taken a second.

    devstack up --only postgres
    python -m devstack.portal.manage -- python benchmarks/runs.py [--rounds 7] [--posts 100] [--files 1000] [--launches 300]

Makes a database, a Redis, a REANA (the stack's server as a process, as version 0.9 speaks, without its limit of requests) and a worker of its
own.

- The form: sent through Django's test client, with everything that a request meets; wall time, and the processor time of this process.
- From the click to REANA's queue: until REANA's own database says that the workflow is queued, for the form and for `reana-client run` with
  the same files, in turns. The portal's worker runs already, as in a deployment; reana-client starts anew each time, as on a person's machine.
- Launches a second: processes that call the service as the view does, each for one person in one project (launches of one person, and of one
  project, take turns by design), without a worker beside them; the rows and the messages are counted at the end.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.launch_stack import NAME, LaunchStack, launch_stack, wait_until

POST_MS, SMALL, MANY, RATE = 100, 0.6, 0.2, 300  # the goals
YAML = """
inputs: {%s}
workflow: {type: serial, specification: {steps: [{name: one, environment: "python:3.13-slim", commands: ["ls"]}]}}
"""
LOOK_SECONDS = 0.02


def p95(values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]


def specification(stack: LaunchStack, name: str, files: dict[str, bytes], inputs: str) -> Any:
    """A workflow with these files, as it is stored when it was entered."""
    from projects.workflows.entering.saving import add_version
    from projects.workflows.models import Specification, StoredFile

    made = Specification(project=stack.project, name=name, title=name)
    stored = {path: StoredFile.objects.keep(body) for path, body in files.items()}
    add_version(made, by=stack.person, text=(text := YAML % inputs), files=stored, data={})
    folder = stack.folder / name
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    (folder / "reana.yaml").write_text(text)
    return made


def browser(stack: LaunchStack) -> Callable[[Any], Any]:
    """A function that sends the form of a workflow; returns the run's key."""
    from django.test import Client

    client = Client()
    client.force_login(stack.person)
    place = f"/projects/{stack.project.slug}/workflows/new/?format=json"

    def press(what: Any) -> Any:
        reply = client.post(place, {"specification": what.name, "key": str(uuid.uuid4())})
        assert reply.status_code == 202, (reply.status_code, reply.content[:500])
        return reply.json()["name"]

    return press


def form(press: Callable[[Any], Any], what: Any, count: int) -> bool:
    """The answer to the form."""
    wall, processor = [], []
    for number in range(count + 3):
        clock, busy = time.perf_counter(), time.process_time()
        press(what)
        if number >= 3:  # the first ones fill caches
            wall.append((time.perf_counter() - clock) * 1000)
            processor.append((time.process_time() - busy) * 1000)
    told = [
        f"{name} median {statistics.median(values):.1f} p95 {p95(values):.1f} ms" for name, values in (("wall", wall), ("CPU", processor))
    ]
    print(f"form, {count} times: {'; '.join(told)} (goal: p95 {POST_MS} ms)", flush=True)
    return p95(wall) <= POST_MS


def queued(stack: LaunchStack, name: str) -> bool:
    return any(state not in ("created", "deleted") for _key, found, state in stack.at_reana() if found == name)


def by_portal(stack: LaunchStack, press: Callable[[Any], Any], what: Any) -> float:
    """Seconds from the click to the queue."""
    clock = time.perf_counter()
    name = press(what)
    while not queued(stack, name):
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - clock


def by_client(stack: LaunchStack, folder: Path) -> float:
    """The same with reana-client."""
    name = f"client-{uuid.uuid4().hex}"
    own = {
        **os.environ,
        "REANA_SERVER_URL": stack.server.query_url,
        "REANA_ACCESS_TOKEN": stack.server.token("lead"),
        "PYTHONWARNINGS": "ignore",
    }
    program = Path(sys.executable).with_name("reana-client")
    clock = time.perf_counter()
    with (stack.folder / "client.log").open("wb") as log:
        process = subprocess.Popen([program, "run", "-w", name], cwd=folder, env=own, stdout=log, stderr=log)
    while not queued(stack, name):
        assert process.poll() in (None, 0), (stack.folder / "client.log").read_text()[-2000:]
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - clock
    process.wait(60)
    return seconds


def beside(stack: LaunchStack, press: Callable[[Any], Any], what: Any, rounds: int, goal: float) -> bool:
    """Both in turns."""
    folder, ratios, sides = stack.folder / what.name, [], ([], [])
    for _ in range(rounds):
        sides[0].append(by_portal(stack, press, what))
        sides[1].append(by_client(stack, folder))
        ratios.append(sides[0][-1] / sides[1][-1])
    ours, theirs = (statistics.median(side) for side in sides)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(
        f"click to queue, {what.name}: portal {ours:.2f} s, reana-client run {theirs:.2f} s, ratio {statistics.median(ratios):.2f} "
        f"({spread} in {rounds} rounds; goal {goal})",
        flush=True,
    )
    return statistics.median(ratios) <= goal


def accepted(stack: LaunchStack, launches: int, processes: int) -> bool:
    """Launches a second at the service."""
    import redis
    from django.db import connections

    from projects.workflows.models import Run, Specification
    from tests.factories import make_person, make_project
    from vre_portal.iam.stored import services as stored
    from vre_portal.services import ServiceKind, service

    queue = redis.Redis.from_url(stack.redis.url)
    queue.flushall()
    before, sides = Run.objects.count(), []
    for name in ("lead", "member", "outsider", "physicist")[:processes]:
        person = make_person(name, groups_seen_at=None)
        stored.store(by=person, service=service(ServiceKind.REANA, NAME), secret=stack.server.token(name))
        project = make_project(lead=person, slug=f"rate-{uuid.uuid4().hex[:8]}")
        text = YAML % "files: []"
        sides.append((person, project, Specification.objects.create(project=project, name="s", title="S", text=text)))
    connections.close_all()
    clock, busy = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    children = []
    for side in sides:
        if (child := os.fork()) == 0:
            _launch(*side, launches)
            os._exit(0)
        children.append(child)
    codes = [os.waitpid(child, 0)[1] for child in children]
    seconds, now = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (now.ru_utime + now.ru_stime - busy.ru_utime - busy.ru_stime) / (launches * processes)
    rows, messages = Run.objects.count() - before, queue.llen("celery")
    print(
        f"accepted: {rows} rows and {messages} messages in {seconds:.1f} s = {rows / seconds:.0f} a second in {processes} processes; "
        f"{spent * 1000:.1f} ms CPU each = {1 / spent:.0f} a second and core without the database's own (goal {RATE})",
        flush=True,
    )
    Run.objects.update(status=Run.Status.STOPPED)
    queue.flushall()
    return not any(codes) and rows == messages == launches * processes and rows / seconds >= RATE


def _launch(person: Any, project: Any, what: Any, count: int) -> None:
    from projects.workflows import services

    for _ in range(count):
        services.launch(by=person, project=project, specification=what, parameters={}, inputs={}, key=uuid.uuid4(), server=NAME)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--launches", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with launch_stack(is_direct=True) as stack:
        good = [accepted(stack, options.launches, options.processes)]
        small = specification(stack, "small-files", {f"{name}.py": b"print(1)\n" for name in "abcd"}, "files: [a.py, b.py, c.py, d.py]")
        body = {f"data/{number}.txt": f"{number:>1000}".encode() for number in range(options.files)}
        many = specification(stack, f"{options.files}-files", body, "directories: [data]")
        press = browser(stack)
        good.append(form(press, small, options.posts))
        stack.begin()
        stack.wait_for_workers()
        settle(stack)
        good.append(beside(stack, press, small, options.rounds, SMALL))
        good.append(beside(stack, press, many, max(1, options.rounds // 2), MANY))
    print("load average", *Path("/proc/loadavg").read_text().split()[:3])
    sys.exit(not all(good))


def settle(stack: LaunchStack) -> None:
    """What the form has sent is brought to REANA, so that it is not in the way."""
    from projects.workflows.models import Run

    wait_until(lambda: not Run.objects.filter(status__in=Run.UNSUBMITTED).exists(), 300)
    Run.objects.update(status=Run.Status.STOPPED)


if __name__ == "__main__":
    main()
