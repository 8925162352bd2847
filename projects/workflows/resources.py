"""What the steps of a run asked for, against what is known of what they used: REANA tells when jobs began and ended, and no memory or CPU.

The memory is known where a command wrote it into its log, as `/usr/bin/time -v` does.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from projects.workflows.launching.overrides import KEYS, SECONDS, TIME, bytes_of
from projects.workflows.steps import ShownStep
from vre_portal.text import lasting, plain, size

MAX_ROWS, MAX_HINTS = 100, 10
NEARLY = 0.8  # of the time limit
LITTLE = 0.3  # of what was asked for, below which less would have done
SHORT_SECONDS = 60  # a limit up to this keeps no run waiting
PEAK = re.compile(r"Maximum resident set size \(kbytes\): ([0-9]{1,12})\b")  # of GNU time


@dataclass(frozen=True)
class StepResources:
    """One step: what it may take of a machine, and the time of its longest job."""

    number: int
    name: str
    memory: str
    cpu: str
    backend: str
    limit: int | None  # seconds
    longest: float | None  # seconds
    jobs: int
    peak: int | None = None  # bytes of memory that its commands said they used at most

    @property
    def memory_share(self) -> float | None:
        """The memory that was used in percent of the limit."""
        asked = bytes_of(self.memory)
        return None if not asked or self.peak is None else float(100 * self.peak / asked)

    @property
    def share(self) -> float | None:
        """The longest job's time in percent of the limit."""
        return None if not self.limit or self.longest is None else 100 * self.longest / self.limit

    @property
    def is_near_limit(self) -> bool:
        return self.share is not None and self.share >= 100 * NEARLY


def resources_of(steps: Sequence[ShownStep]) -> list[StepResources]:
    """The steps that asked for something; empty where none did."""
    rows = [_row(number, step) for number, step in enumerate(steps, start=1)]
    return [row for row in rows if row.memory or row.cpu or row.backend or row.limit][:MAX_ROWS]


def hints_of(rows: Iterable[StepResources]) -> list[str]:
    """What a finished run asked for and hardly used, a sentence each: time and memory, with the figures."""
    found = []
    for row in rows:
        if row.share is not None and row.share < 100 * LITTLE and (row.limit or 0) > SHORT_SECONDS:
            text = _("%(step)s: asked for %(asked)s, took %(used)s (%(percent)s %%).")
            found.append(text % _figures(row, lasting(row.limit) or "", lasting(row.longest) or "", row.share))
        if row.memory_share is not None and row.memory_share < 100 * LITTLE:
            text = _("%(step)s: asked for %(asked)s of memory, used %(used)s (%(percent)s %%).")
            found.append(text % _figures(row, row.memory, size(row.peak or 0), row.memory_share))
    return found[:MAX_HINTS]


def _figures(row: StepResources, asked: str, used: str, share: float) -> dict[str, str]:
    percent = str(int(share)) if share >= 1 else "< 1"
    return {"step": plain(row.name)[:80] or str(row.number), "asked": asked, "used": used, "percent": percent}


def _row(number: int, step: ShownStep) -> StepResources:
    asked = {name: str(step.node.resources.get(key) or "")[:60] for name, key in KEYS.items()}
    spans = [(job.get("started_seconds"), job.get("finished_seconds")) for job in step.jobs]
    lengths = [float(end) - float(start) for start, end in spans if isinstance(start, int | float) and isinstance(end, int | float)]
    found = TIME.fullmatch(asked["time"])
    limit = int(found[1]) * SECONDS[found[2]] if found else None
    peaks = [int(kilobytes) * 1024 for job in step.jobs for kilobytes in PEAK.findall(str(job.get("log") or ""))]
    longest, peak = max(lengths, default=None), max(peaks, default=None)
    return StepResources(number, step.name, asked["memory"], asked["cpu"], asked["backend"], limit, longest, len(step.jobs), peak)
