"""What the steps of a run asked for, against what is known of what they used: REANA tells when jobs began and ended, and no memory or CPU."""

from collections.abc import Sequence
from dataclasses import dataclass

from projects.workflows.launching.overrides import KEYS, SECONDS, TIME
from projects.workflows.steps import ShownStep

MAX_ROWS = 100
NEARLY = 0.8  # of the time limit


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


def _row(number: int, step: ShownStep) -> StepResources:
    asked = {name: str(step.node.resources.get(key) or "")[:60] for name, key in KEYS.items()}
    spans = [(job.get("started_seconds"), job.get("finished_seconds")) for job in step.jobs]
    lengths = [float(end) - float(start) for start, end in spans if isinstance(start, int | float) and isinstance(end, int | float)]
    found = TIME.fullmatch(asked["time"])
    limit = int(found[1]) * SECONDS[found[2]] if found else None
    return StepResources(
        number, step.name, asked["memory"], asked["cpu"], asked["backend"], limit, max(lengths, default=None), len(step.jobs)
    )
