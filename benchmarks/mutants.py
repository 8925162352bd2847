"""What the child that reads workflows uses for specifications that are wrong in one place: seconds by the clock and of a processor, and memory.

`python -m devstack.portal.manage -- python benchmarks/mutants.py [--every N]`: of the 360 of tests/workflows/engines/mutants.py, each Nth.
A machine that does other things is slow by the clock; the seconds of a processor say what the reading itself costs.
"""

import argparse
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

from projects.workflows.engines import read  # noqa: E402
from tests.workflows.engines.mutants import mutants  # noqa: E402

CHILDREN = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
LOOK_SECONDS = 0.01
SECONDS, CPU_SECONDS, MEMORY = 2.0, 2.0, 200.0  # what is hoped for: each mutant within it


@dataclass
class Use:
    """What one reading used; memory in MiB: that was really used, and of addresses."""

    seconds: float = 0
    cpu_seconds: float = 0
    memory: float = 0
    addresses: float = 0


def look(use: Use) -> None:
    """Take over the largest figures that the kernel has of the children."""
    for process in CHILDREN.read_text().split():
        try:
            status = Path(f"/proc/{process}/status").read_text()
            if "__main__.py" not in Path(f"/proc/{process}/cmdline").read_text():
                continue
        except OSError:  # it has just ended
            continue
        facts = dict(line.split(":", 1) for line in status.splitlines())
        use.memory = max(use.memory, _mebibytes(facts.get("VmHWM")))
        use.addresses = max(use.addresses, _mebibytes(facts.get("VmPeak")))


def _mebibytes(text: str | None) -> float:
    return int(text.split()[0]) / 1024 if text else 0


@contextmanager
def measured() -> Iterator[Use]:
    """What children use meanwhile."""
    use, stop = Use(), threading.Event()

    def watch() -> None:
        while not stop.wait(LOOK_SECONDS):
            look(use)

    watcher = threading.Thread(target=watch)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    watcher.start()
    try:
        yield use
    finally:
        use.seconds = time.monotonic() - begin
        stop.set()
        watcher.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        use.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def line(name: str, figures: list[float], most: float) -> str:
    """Median, 95 % and largest of the figures, and how many are above what is hoped for."""
    ordered = sorted(figures)
    middle, high = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    above = sum(figure > most for figure in figures)
    return f"{name}: median {middle:.2f}, 95 % {high:.2f}, largest {ordered[-1]:.2f}; {above} of {len(figures)} above {most:g}"


def main() -> None:
    """Read them one after the other, and print the figures of each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    uses, without = defaultdict[str, list[Use]](list), 0
    for engine, what, files in list(mutants())[:: given.every]:
        with measured() as use:
            found = read(files, "reana.yaml")
        without += bool(found.why_not)
        uses[engine].append(use)
        if use.cpu_seconds > CPU_SECONDS or use.memory > MEMORY:
            print(f"{engine}, {what[:80]}: {use.seconds:.2f} s, {use.cpu_seconds:.2f} s of a processor, {use.memory:.0f} MiB", flush=True)
    for engine, rows in uses.items():
        print(f"\n{engine}: {len(rows)} mutants, {sum(not row.memory for row in rows)} of them read without a child")
        children = [row for row in rows if row.memory]
        if not children:
            continue
        print(line("seconds", [row.seconds for row in children], SECONDS))
        print(line("seconds of a processor", [row.cpu_seconds for row in children], CPU_SECONDS))
        print(line("MiB used", [row.memory for row in children], MEMORY))
        print(line("MiB of addresses", [row.addresses for row in children], MEMORY))
    print(f"\n{without} were not read by their engine, which the page says")


if __name__ == "__main__":
    main()
