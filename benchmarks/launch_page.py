"""What the launch page of a large workflow costs: 500 steps, 500 parameters, both; opened, sent, and launched.

    devstack up --only postgres,redis
    python -m devstack.portal.manage -- python benchmarks/launch_page.py [--rounds 30] [--steps 500] [--parameters 20]

In one process, through Django's test client, in the database of the stack and rolled back at the end. "cold" is the first page after the
caches of the process and of Redis were emptied, "new process" the first one of a process where another has read the specification before,
"open" and "launch" are the median and the 95th percentile of the rounds. CPU is what this process spent: other work on the machine
changes it less.
"""

import argparse
import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django


def text_of(steps: int, parameters: int) -> str:
    """A serial workflow of so many steps, each with its own command, and so many parameters of several types."""
    values: dict[str, Any] = {
        f"p{number}": [number, float(number), f"text {number}", bool(number % 2)][number % 4] for number in range(parameters)
    }
    made = [
        {
            "name": f"step-{number}",
            "environment": f"docker.io/library/python:3.{number % 20}",
            "kubernetes_memory_limit": "1Gi",
            "commands": [f"python code/run.py --part {number} --value ${{p{number % max(parameters, 1)}}} --out results/{number}.json"],
        }
        for number in range(steps)
    ]
    return json.dumps({"inputs": {"parameters": values}, "workflow": {"type": "serial", "specification": {"steps": made}}}, indent=1)


def measured(rounds: int, act: Callable[[], object]) -> str:
    """Median and 95th percentile of wall time and CPU, in milliseconds."""
    wall, cpu = [], []
    for _ in range(rounds):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        act()
        wall.append((time.perf_counter() - begin) * 1000)
        cpu.append((time.process_time() - begin_cpu) * 1000)
    p95 = [sorted(values)[int(len(values) * 0.95)] if len(values) > 1 else values[0] for values in (wall, cpu)]
    return f"wall {statistics.median(wall):7.1f} ms (p95 {p95[0]:7.1f})   CPU {statistics.median(cpu):7.1f} ms (p95 {p95[1]:7.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--parameters", type=int, default=20)
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.db import transaction

    settings.ALLOWED_HOSTS = ["*"]
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.ACTIVE_RUNS = 100_000
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # without a build of them
    with transaction.atomic():
        measure(options.rounds, options.steps, options.parameters)
        transaction.set_rollback(True)


def measure(rounds: int, steps: int, parameters: int) -> None:
    """Print the figures of one workflow."""
    from django.core.cache import cache
    from django.test import Client

    from projects.models import Membership, Project, Role
    from projects.workflows import reana_yaml, services
    from projects.workflows.models import Run, Specification
    from vre_portal.iam.models import User

    services.require_token = lambda *_args, **_options: None  # type: ignore[attr-defined]  # a person who has just signed in
    mark = uuid.uuid4().hex[:8]
    person = User.objects.create(issuer="https://iam.example/", subject=mark, name="Benchmark")
    project = Project.objects.create(slug=f"benchmark-{mark}", title="Benchmark")
    Membership.objects.create(project=project, user=person, role=Role.LEAD)
    Specification.objects.create(project=project, name="large", title="Large", text=text_of(steps, parameters))
    address = f"/projects/{project.slug}/workflows/new/?specification=large"
    client = Client()
    client.force_login(person)

    def opened() -> None:
        reply = client.get(address)
        if reply.status_code != 200:
            raise SystemExit(f"the page answered {reply.status_code}")

    page = {f"p-p{number}": [str(number), f"{number}.5", f"text {number}", "true"][number % 4] for number in range(parameters)}

    def launched() -> None:
        reply = client.post(address, {"specification": "large", "key": str(uuid.uuid4()), **page})
        if reply.status_code != 302:
            raise SystemExit(f"the launch answered {reply.status_code}")

    opened()  # imports
    cache.clear()
    reana_yaml.read.cache_clear()
    print(f"{steps} steps, {parameters} parameters, {len(client.get(address).content) / 1000:.0f} kB")
    cache.clear()
    reana_yaml.read.cache_clear()
    print("cold         ", measured(1, opened))
    reana_yaml.read.cache_clear()
    print("new process  ", measured(1, opened))
    print("open         ", measured(rounds, opened))
    print("launch (POST)", measured(rounds, launched), f"  {Run.objects.filter(project=project).count()} runs")


if __name__ == "__main__":
    main()
