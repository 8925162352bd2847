"""Which test files need a running stack, and how they are dealt out to several stacks so that all end at about the same time."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

from devstack import address

TESTS = address.ROOT / "tests"
DURATIONS = TESTS / "durations.json"  # seconds by file, as `make durations` wrote them after a run
REPORTS = address.RUN / "reports"  # what the last run of each share took, as JUnit tells it
STACK = "integration or browser"  # the marks of tests that need more than a database
NEEDS_STACK = re.compile(r"\bmark\.(integration|browser)\b")
ALL_ELSEWHERE = re.compile(r"^pytestmark = (\[[^\]]*)?pytest\.mark\.(rare|timed)\b", re.MULTILINE)  # no test of the file is in a share
TIMED = re.compile(r"\bmark\.timed\b")  # looks at how soon something answers, which other work on the machine would change
# Tests that stop or kill servers of their stack run in the first stack, so that the others are left in peace.
STOPS_SERVERS = re.compile(r"\bsupervision\.supervisor\(|\bimport .*\bstopped\b")


def test_files(pattern: re.Pattern[str]) -> list[str]:
    """The test files in whose text the pattern stands, as paths below the project."""
    files = sorted(TESTS.rglob("test_*.py"))
    return [str(file.relative_to(address.ROOT)) for file in files if pattern.search(file.read_text())]


def durations() -> dict[str, float]:
    """How many seconds each file took when that was last written down; nothing where it never was."""
    if not DURATIONS.exists():
        return {}
    found: dict[str, float] = json.loads(DURATIONS.read_text())
    return found


def expected(tests: dict[str, int], seconds: dict[str, float]) -> dict[str, float]:
    """How long each file will take: as long as it took, or where nobody has timed it, by the number of its tests."""
    timed = [file for file in tests if file in seconds]
    each = sum(seconds[file] for file in timed) / max(1, sum(tests[file] for file in timed)) if timed else 1.0
    return {file: seconds.get(file, number * each) for file, number in tests.items()}


def deal(costs: dict[str, float], number: int, first: Iterable[str] = ()) -> list[list[str]]:
    """The files in so many hands of about equal cost, whole files each; those in `first` all in the first hand."""
    hands: list[list[str]] = [[] for _ in range(number)]
    sums = [0.0] * number
    together = set(first)
    for file in sorted(costs, key=lambda name: (name not in together, -costs[name], name)):
        least = 0 if file in together else sums.index(min(sums))
        hands[least].append(file)
        sums[least] += costs[file]
    return [sorted(hand) for hand in hands]


def number_of_tests(file: str) -> int:
    """How many test functions stand in a file."""
    return max(1, len(re.findall(r"^def test_", (address.ROOT / file).read_text(), re.MULTILINE)))


def stack_shares(number: int) -> list[list[str]]:
    """The files that need a running stack, for so many stacks; those with rare or timed tests alone are in none."""
    files = sorted(set(test_files(NEEDS_STACK)) - set(test_files(ALL_ELSEWHERE)))
    costs = expected({file: number_of_tests(file) for file in files}, durations())
    return deal(costs, number, set(test_files(STOPS_SERVERS)) & set(files))


def measured(reports: Iterable[Path]) -> dict[str, float]:
    """Seconds by file in JUnit reports, for files that are still there; rounded, so that a second run changes few lines."""
    seconds: dict[str, float] = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- our own pytest wrote it
            parts = case.get("classname", "").split(".")
            file = next((name for end in (None, -1) if (address.ROOT / (name := "/".join(parts[:end]) + ".py")).is_file()), "")
            if file:
                seconds[file] = seconds.get(file, 0) + float(case.get("time", 0))
    return {file: round(number, 1) for file, number in sorted(seconds.items())}


def write_durations() -> str:
    """Write down what the files of the last `make test` took; what was done."""
    found = measured(sorted(REPORTS.glob("stack-*.xml")))
    if not found:
        return f"There are no reports of stack shares in {REPORTS}. Run `make test` first."
    kept = {file: seconds for file, seconds in durations().items() if (address.ROOT / file).is_file()}
    DURATIONS.write_text(json.dumps(dict(sorted((kept | found).items())), indent=1) + "\n")
    return f"{DURATIONS.relative_to(address.ROOT)}: {len(found)} files, {sum(found.values()):.0f} s"
