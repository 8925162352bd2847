"""What pages show of a workflow's steps: their graph, their list with a timeline, and one chosen step with the logs of its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from projects.workflows import dollars
from projects.workflows.engines.reading import Reading
from projects.workflows.failures import cause_of
from projects.workflows.job_logs import JobLog, joined, logs_of
from projects.workflows.models import Document, Run
from projects.workflows.readings import reading_of
from projects.workflows.steps import ShownStep, graph, keys_of
from projects.workflows.written_in import NO_LINES, VersionLines, version_lines
from vre_portal.graph import Graph, GraphStep, layout
from vre_portal.terminal_text import html_lines, text_lines
from vre_portal.text import lasting
from vre_portal.timeline import SCALE, Lane, Span, Timeline, timeline

MAX_ROWS = 100  # of the list, unless all are asked for
MAX_ALL_ROWS = 5000
MAX_OPEN = 10  # of a list beside other things, which is folded where it is longer
MAX_FORM_ROWS = 60  # beside a form, which every visit makes anew
MAX_LOGS, MAX_JOBS = 5, 50  # of a chosen step
SECONDS_OF_A_DAY = 86_400
WIDE, NARROW = (1140, 480), (560, 640)  # where the graph has the page for itself, and where it stands beside a form


@dataclass(frozen=True)
class Row:
    """A line of the list; its number is how addresses name the step."""

    number: int
    step: ShownStep
    lane: Lane | None = None
    after: tuple[str, ...] = ()  # names
    written_in: str = ""  # the address of the lines of the step


@dataclass(frozen=True)
class Steps:
    """All that is shown of the steps."""

    reading: Reading
    steps: list[ShownStep]
    drawing: Graph
    rows: list[Row]
    after: list[tuple[str, ...]]  # of each step the names of those that it waits for
    scale: Timeline | None = None
    lines: VersionLines = NO_LINES

    @property
    def hidden(self) -> int:
        """How many steps the list leaves out."""
        return len(self.steps) - len(self.rows)

    @property
    def is_long(self) -> bool:
        """Whether the list is folded on pages that have more to show than the steps."""
        return len(self.steps) > MAX_OPEN

    @property
    def environment(self) -> str:
        """The environment that all steps have, where there are several."""
        found = {step.environment for step in self.steps}
        return found.pop() if len(found) == 1 and len(self.steps) > 1 else ""

    @property
    def marks(self) -> list[dict[str, float]]:
        """Seconds since the beginning, and where they stand in percent."""
        ticks = self.scale.ticks if self.scale else ()
        return [{"seconds": seconds, "place": place * 100 / SCALE} for seconds, place in ticks]

    @property
    def time_format(self) -> str:
        """How the start of a step is written: with the date where the run took more than a day."""
        return "j M, H:i" if self.scale and self.scale.seconds > SECONDS_OF_A_DAY else "H:i:s"

    @property
    def started(self) -> datetime | None:
        return datetime.fromtimestamp(self.scale.start, UTC) if self.scale else None

    @property
    def ended(self) -> datetime | None:
        return datetime.fromtimestamp(self.scale.end, UTC) if self.scale else None


def steps_of(document: Document, *, link: str, most: int, box: tuple[int, int]) -> Steps:
    """The steps with their graph; `link` is the address of one, with %s for its number."""
    reading = reading_of(document)
    steps = graph(document, reading)
    keys = keys_of(steps, reading.nodes)
    names = {step.node.key: step.name for step in steps}
    after = [
        tuple(dict.fromkeys(keys.get(key, key) for key in step.node.after if step.count == 1 or keys.get(key, key) != step.node.key))
        for step in steps
    ]
    drawing = layout(
        (
            GraphStep(step.name, step.state, _note(step), link % number, before, step.node.key, step.count)
            for number, (step, before) in enumerate(zip(steps, after, strict=True), start=1)
        ),
        box,
    )
    now = timezone.now().timestamp()
    scale = timeline([span for step in steps for span in _spans(step, document)], now) if isinstance(document, Run) else None
    named = [tuple(names.get(key, key) for key in before) for before in after]
    lines = version_lines(document)
    rows = [
        Row(number, step, _lane(scale, step, document), before, lines.address(step.node.file, step.node.line))
        for number, (step, before) in enumerate(list(zip(steps, named, strict=True))[:most], start=1)
    ]
    return Steps(reading, steps, drawing, rows, named, scale, lines)


def _note(step: ShownStep) -> str:
    if step.job_states:
        return f"{step.job_states.get('finished', 0)}/{max(step.count, len(step.jobs))}"
    return (lasting(step.seconds) or "") if step.state else step.environment.rpartition("/")[2]


def _spans(step: ShownStep, document: Document) -> list[Span]:
    """From when until when its jobs ran. One without an end runs on, or ran until the run ended."""
    ended = document.finished_at.timestamp() if isinstance(document, Run) and document.ended and document.finished_at else None
    return [
        Span(float(job["started_seconds"]), job.get("finished_seconds") or ended, str(job.get("state") or ""))
        for job in step.jobs
        if isinstance(job.get("started_seconds"), int | float)
    ]


def _lane(scale: Timeline | None, step: ShownStep, document: Document) -> Lane | None:
    spans = _spans(step, document) if scale else []
    return scale.lane(spans) if scale and spans else None


@dataclass(frozen=True)
class Chosen:
    """One step of a run with the jobs of which its page shows something."""

    number: int
    step: ShownStep
    logs: list[JobLog]  # shown
    others: list[JobLog]  # named, with a link to each log
    left_out: int
    after: tuple[str, ...]  # names
    written_in: str


def chosen_step(run: Run, shown: Steps, number: int) -> Chosen | None:
    """The step that the address names; else the one that failed, the one that runs, or the last one that did anything."""
    steps = shown.steps
    if not steps:
        return None
    if not 0 < number <= len(steps):
        by_state = {step.state: place for place, step in reversed(list(enumerate(steps, start=1))) if step.jobs or step.state == "failed"}
        last = max((place for place, step in enumerate(steps, start=1) if step.jobs), default=1)
        number = by_state.get("failed") or by_state.get("running") or last
    step, after = steps[number - 1], shown.after[number - 1]
    written_in = shown.lines.address(step.node.file, step.node.line)
    numbers = {id(log.job): log for log in logs_of(run.steps)}
    logs = [numbers[id(job)] for job in step.jobs]
    turn = {"failed": 0, "running": 1}
    if len(logs) > MAX_LOGS:
        first = sorted(logs, key=lambda log: turn.get(str(log.job.get("state")), 2))[:1]
        others = [log for log in logs if log not in first]
        return Chosen(number, step, first, others[:MAX_JOBS], max(len(others) - MAX_JOBS, 0), after, written_in)
    return Chosen(number, step, logs, [], 0, after, written_in)


def failure_of(run: Run, steps: Sequence[ShownStep]) -> dict[str, Any] | None:
    """Which step of a failed run failed, why, and its last lines; None where nobody knows the step."""
    found = next(((number, step) for number, step in enumerate(steps, start=1) if step.state == "failed"), None)
    if run.status != Run.Status.FAILED or found is None:
        return None
    number, step = found
    job = step.failed_job or {}
    text = str(job.get("log_end") or run.error)
    log = next((item for item in logs_of(run.steps) if item.job is step.failed_job), None)
    cause = cause_of(text)
    says_more = [line for line in text_lines(text) if line.strip() and line.strip() != cause]
    log_end = joined(list(html_lines(text))) if says_more else ""  # a single line stands above it
    return {"number": number, "step": step, "cause": cause, "log_end": log_end, "log": log}


def not_expanded(run: Run) -> str:
    """Why REANA could not put the parameters of a failed run into its commands; empty where it could, or has no serial steps."""
    if run.status != Run.Status.FAILED or run.steps:  # its jobs
        return ""
    return next(dollars.of_steps(run.reana_yaml.steps, run.parameters, with_braces=True), "")
