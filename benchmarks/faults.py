"""Launches while things break: how many are started exactly once, and how long it takes until all are settled.

    devstack up --only postgres
    python -m devstack.portal.manage -- python benchmarks/faults.py [--only killed,thrice] [--divide 10] [--seed 7]

Makes a database, a Redis and a REANA of its own (the stack's REANA server as a process, as version 0.9 speaks), with a proxy before it that
breaks calls, and starts Celery's worker and beat as a deployment does. What was started is read from REANA's own database at the end: each
run has to be there once, by its name, and started; what was created and never started has to be deleted. The proxy counts how often REANA
took a start. With --divide all counts are smaller. Some twenty minutes on two free cores.
"""

import argparse
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.faulty_proxy import Call, Fault, healthy
from benchmarks.launch_stack import HEALTHY, LaunchStack, environment, launch_stack, wait_until
from devstack import address
from tests.workflows.points import POINTS

SETTLE_SECONDS = 600
SIDE_BY_SIDE = 2  # processes that are killed one after the other
OUTAGE_SECONDS, HOUR = 15, 3600
HEAD = f"{'fault':<58}{'launches':>9}{'once':>6}{'none':>6}{'twice':>6}{'left':>6}{'given up':>9}{'settled':>9}  notes"


@dataclass
class Case:
    """Launches that meet one fault, and what became of them."""

    stack: LaunchStack
    rng: random.Random
    title: str = ""
    runs: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settled: float | None = None
    is_good: bool = False

    def launch(self, count: int) -> None:
        self.runs += [self.stack.launch(uuid.uuid4()) for _ in range(count)]

    def unsettled(self) -> int:
        from projects.workflows.models import Run

        return Run.objects.filter(pk__in=[run.pk for run in self.runs], status__in=Run.UNSUBMITTED).count()

    def settle(self) -> None:
        """Wait until REANA has them all."""
        self.settled = wait_until(lambda: not self.unsettled(), SETTLE_SECONDS)

    def judge(self) -> None:
        """Print the row of the table, and end the runs so that the next case has the worker for itself."""
        from projects.workflows.models import Run

        mine = {run.name for run in self.runs}
        there = [(key, name, state) for key, name, state in self.stack.at_reana() if name in mine]
        started = Counter(name for _key, name, state in there if state not in ("created", "deleted"))
        left = sum(state == "created" for *_names, state in there)
        deleted = sum(state == "deleted" for *_names, state in there)
        once = sum(started[name] == 1 for name in mine)
        twice = sum(started[name] > 1 for name in mine) + sum(self.stack.proxy.starts[key] > 1 for key, *_ in there)
        failed = Run.objects.filter(pk__in=[run.pk for run in self.runs], status=Run.Status.FAILED).count()
        self.is_good = once == len(mine) and not (twice or left or failed) and self.settled is not None
        if deleted:
            self.notes.append(f"{deleted} second ones deleted")
        time_taken = "never" if self.settled is None else f"{self.settled:.1f} s"
        figures = f"{len(mine):>9}{once:>6}{len(mine) - sum(name in started for name in mine):>6}{twice:>6}{left:>6}{failed:>9}"
        print(f"{self.title:<58}{figures}{time_taken:>9}  {'; '.join(self.notes)}", flush=True)
        Run.objects.filter(pk__in=[run.pk for run in self.runs]).update(status=Run.Status.STOPPED)


def killed(lines: list[str]) -> list[int]:
    """1 for each of the processes that the lines describe which was killed, 0 for the others."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("killed.py"))]
    begun, results = [], [0] * len(lines)
    for start in range(SIDE_BY_SIDE):
        process = subprocess.Popen(command, cwd=address.ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin
        process.stdin.writelines(f"{line}\n" for line in lines[start::SIDE_BY_SIDE])
        process.stdin.close()
        begun.append(process)
    for start, process in enumerate(begun):
        assert process.stdout
        results[start::SIDE_BY_SIDE] = [int(line) for line in process.stdout]
    return results


def points(case: Case, count: int) -> None:
    """A worker killed at each point of so many launches, and then a worker that is not."""
    case.stack.end()
    cases = [Case(case.stack, case.rng, f"worker killed {point}") for point in POINTS]
    for one in cases:
        one.launch(count)
    results = killed([f"submit {run.pk} {point}" for point, one in zip(POINTS, cases, strict=True) for run in one.runs])
    for number, one in enumerate(cases):
        one.notes.append(f"{sum(results[number * count : (number + 1) * count])} killed")
    case.stack.begin()
    begin = time.monotonic()
    for one in cases:
        one.settle()
        one.settled = None if one.settled is None else time.monotonic() - begin
        one.judge()
    case.is_good = all(one.is_good for one in cases)


def whole_worker(case: Case, count: int) -> None:
    """Celery's worker itself killed again and again while it works, and started again."""
    case.title = "Celery's worker killed again and again"
    case.launch(count)
    case.stack.begin()
    worker, number = case.stack.workers[0], 0
    while case.unsettled() and number < 10:
        time.sleep(case.rng.uniform(5, 9))  # a worker needs some seconds to begin
        worker.kill()
        number += 1
    case.notes.append(f"{number} killed")
    case.settle()


def flushed(case: Case, count: int) -> None:
    """All messages lost before a worker saw them."""
    case.title = "Redis flushed with all queued"
    case.stack.end()
    case.launch(count)
    case.notes.append(f"{client(case).llen('celery')} messages lost")
    client(case).flushall()
    case.stack.begin()
    case.settle()


def restarted(case: Case, count: int) -> None:
    """Redis killed while a worker works, away for a while, and back; people go on launching."""
    case.title = "Redis killed with all queued, back after 10 s"
    case.stack.begin()
    case.stack.wait_for_workers()
    case.launch(count)
    case.stack.redis.kill()
    begin, times = time.monotonic(), []
    while time.monotonic() - begin < 10:
        clock = time.perf_counter()
        case.launch(1)
        times.append((time.perf_counter() - clock) * 1000)
        time.sleep(0.2)
    case.stack.redis.start()
    case.notes.append(f"{len(times)} launched meanwhile, each within {max(times):.0f} ms")
    case.settle()
    case.notes.append(f"the worker began {case.stack.workers[0].starts} times in all")


def client(case: Case) -> Any:
    import redis

    return redis.Redis.from_url(case.stack.redis.url)


def thrice(case: Case, count: int) -> None:
    """Each message three times, to two workers."""
    from projects.workflows import tasks

    case.title = "each message three times, two workers"
    case.stack.begin(workers=2)
    case.stack.wait_for_workers()
    for _ in range(count):
        case.launch(1)
        for _copy in range(2):
            tasks.submit.apply_async((case.runs[-1].pk,))
    case.settle()


def lost(case: Case, count: int) -> None:
    """The first answer to each creation lost, although REANA created it."""
    case.title = "created, and the reply lost"
    seen: set[str] = set()

    def once(call: Call) -> Fault:
        if not call.name or call.name in seen:
            return Fault.NONE
        seen.add(call.name)
        return Fault.LOST

    case.stack.proxy.fault = once
    case.stack.begin()
    case.launch(count)
    case.settle()
    case.notes.append(f"{case.stack.proxy.counts[Fault.LOST]} replies lost")


def web(case: Case, count: int) -> None:
    """The web process killed between the commit and the message."""
    from projects.workflows.models import Run

    case.title = "web process killed between commit and message"
    case.stack.end()
    keys, stack = [uuid.uuid4() for _ in range(count)], case.stack
    number = sum(killed([f"launch {key} {stack.project.pk} {stack.specification.pk} {stack.person.pk}" for key in keys]))
    case.runs = list(Run.objects.filter(key__in=keys))
    case.notes.append(f"{number} killed, {len(case.runs)} runs kept")
    case.stack.begin()
    case.settle()


def ill(fault: Fault, share: float) -> Callable[[Case, int], None]:
    """REANA ill for a while: a share of its calls meets the fault."""

    def run(case: Case, count: int) -> None:
        case.title = f"REANA for {OUTAGE_SECONDS} s: {fault}, {share:.0%} of calls"
        case.stack.proxy.counts.clear()
        case.stack.proxy.fault = lambda _: fault if case.rng.random() < share else Fault.NONE
        case.stack.begin()
        case.stack.wait_for_workers()
        times = []
        for _ in range(count):
            clock = time.perf_counter()
            case.launch(1)
            times.append((time.perf_counter() - clock) * 1000)
        time.sleep(OUTAGE_SECONDS)
        if words := next((run.error for run in fresh(case) if run.error), ""):
            case.notes.append(f"“{words}”")
        case.stack.proxy.fault = healthy
        case.settle()
        case.notes.append(f"{case.stack.proxy.counts[fault]} calls; launched within {sorted(times)[int(len(times) * 0.95)]:.0f} ms (p95)")

    return run


def silent(case: Case, count: int) -> None:
    """One REANA that takes calls and never answers, while people launch at another one with the same worker."""
    from projects.workflows.models import Run

    case.title, times = "one REANA silent, launches at another", []
    case.stack.begin()
    case.stack.wait_for_workers()
    for fault in (Fault.NONE, Fault.LATE):
        case.stack.proxy.fault = lambda _, fault=fault: fault
        if fault is Fault.LATE:
            case.launch(count)
            time.sleep(3)
        for _ in range(10):
            run, begin = case.stack.launch(uuid.uuid4(), server=HEALTHY), time.monotonic()
            wait_until(lambda run=run: not Run.objects.filter(pk=run.pk, status__in=Run.UNSUBMITTED).exists(), SETTLE_SECONDS)  # type: ignore[misc]
            times.append(time.monotonic() - begin)
            case.runs.append(run)
    case.notes.append(" ".join(f"{value:.1f}" for value in times))
    for name, values in (("before", times[:10]), ("meanwhile", times[10:])):
        case.notes.append(f"at the other one {name} median {sorted(values)[5]:.1f} s, longest {max(values):.1f} s")
    case.stack.proxy.fault = healthy
    case.settle()


def fresh(case: Case) -> list[Any]:
    from projects.workflows.models import Run

    return list(Run.objects.filter(pk__in=[run.pk for run in case.runs]))


def hour(case: Case, count: int) -> None:
    """REANA away for an hour: in this process, whose clock is moved to the end of each pause."""
    from django.utils import timezone

    from projects.workflows import worker
    from vre_portal.jobs import lease

    case.title = "REANA down for an hour (clock moved)"
    case.stack.end()
    real, moved, attempts = timezone.now, [0.0], 0
    timezone.now = lambda: real() + lease.timedelta(seconds=moved[0])
    try:
        case.launch(count)
        case.stack.proxy.fault = lambda _: Fault.DOWN
        while moved[0] < HOUR:
            for pk in worker.launches.waiting():
                worker.launches.perform(pk)
                attempts += 1
            moved[0] += 5
        case.notes.append(f"{attempts / count:.1f} attempts each; “{fresh(case)[0].error}”")
        case.stack.proxy.fault = healthy
        begin = moved[0]
        while case.unsettled() and moved[0] < begin + 120:
            for pk in worker.launches.waiting():
                worker.launches.perform(pk)
            moved[0] += 5
        case.settled = moved[0] - begin if not case.unsettled() else None
        case.notes.append("settled by the moved clock")
    finally:
        timezone.now = real


CASES: dict[str, tuple[Callable[[Case, int], None], int]] = {
    "killed": (points, 200),
    "worker": (whole_worker, 200),
    "flushed": (flushed, 100),
    "restarted": (restarted, 100),
    "thrice": (thrice, 200),
    "lost": (lost, 1000),
    "web": (web, 200),
    "slow": (ill(Fault.SLOW, 1), 50),
    "late": (ill(Fault.LATE, 0.1), 50),
    "429": (ill(Fault.TOO_MANY, 0.5), 50),
    "500": (ill(Fault.FAILING, 1), 50),
    "500-after": (ill(Fault.FAILED_AFTER, 0.5), 50),
    "cut": (ill(Fault.LOST, 0.5), 50),
    "html": (ill(Fault.PAGE, 1), 50),
    "silent": (silent, 12),
    "hour": (hour, 20),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(CASES), help=", ".join(CASES))
    parser.add_argument("--divide", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    good = []
    with launch_stack() as stack:
        print(f"{HEAD}", flush=True)
        for name in options.only.split(","):
            run, count = CASES[name]
            case = Case(stack, random.Random(f"{options.seed}-{name}"))
            stack.proxy.fault = healthy
            client(case).flushall()
            run(case, max(1, count // options.divide))
            if case.runs:
                case.judge()
            good.append(case.is_good)
    print("load average", *Path("/proc/loadavg").read_text().split()[:3], f"seed {options.seed}, threads left {threading.active_count()}")
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
