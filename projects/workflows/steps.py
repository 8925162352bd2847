"""The steps of a workflow with the jobs that ran for them, and one word for the state of each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils.translation import gettext

from projects.workflows.engines.reading import Node, Reading
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.matching import matched, named_as_failed
from projects.workflows.models import Document, Run
from projects.workflows.placing import CommandSlot, StoredJob, forgotten, placed
from projects.workflows.readings import reading_of
from vre_portal.graph import GraphStep, groups

NOT_NEEDED, DONE_BEFORE = "not needed", "done before"


@dataclass(frozen=True)
class ShownStep:
    """A step, or equal steps together, as pages show it: what it is, and how its jobs are. Of a serial workflow each command is one job."""

    node: Node
    state: str
    jobs: list[StoredJob]
    count: int = 1

    @property
    def name(self) -> str:
        return self.node.name or gettext("Unnamed jobs")

    @property
    def environment(self) -> str:
        return self.node.environment

    @property
    def commands(self) -> list[str]:
        return list(self.node.commands)

    @property
    def resources(self) -> list[tuple[str, str]]:
        """What it asks for beyond its environment, as the specification writes it."""
        return [(name, as_shown(value)) for name, value in self.node.resources.items()]

    @property
    def seconds(self) -> float | None:
        """From the first job's start to the last one's end, where both are known."""
        times = [(job.get("started_seconds"), job.get("finished_seconds")) for job in self.jobs]
        if not times or any(start is None or end is None for start, end in times):
            return None
        return float(max(end for _, end in times) - min(start for start, _ in times))  # type: ignore[type-var, operator]

    @property
    def started(self) -> datetime | None:
        """When its first job began, where that is known."""
        times = [job["started_seconds"] for job in self.jobs if isinstance(job.get("started_seconds"), int | float)]
        return datetime.fromtimestamp(min(times), UTC) if times else None

    @property
    def failed_job(self) -> StoredJob | None:
        """The first job that failed."""
        return next((job for job in self.jobs if job.get("state") == Run.Status.FAILED), None)

    @property
    def job_states(self) -> dict[str, int]:
        """How many of its jobs are in which state, where there are several."""
        return dict(Counter(str(job.get("state") or "") for job in self.jobs)) if len(self.jobs) > 1 else {}


def graph(document: Document, reading: Reading | None = None) -> list[ShownStep]:
    """The steps in order with their states, equal ones together; jobs that belong to no step of the workflow follow as they come."""
    reading = reading or reading_of(document)
    jobs: list[StoredJob] = getattr(document, "steps", [])
    if reading.engine == "serial":
        steps, others = _serial(document, reading.nodes, jobs)
    else:
        steps, others = _others(document, reading.nodes, jobs)
    for name in dict.fromkeys(str(job.get("name") or "") for job in others):
        found = [job for job in others if str(job.get("name") or "") == name]
        state = state_of(found, document, begun=len(found), commands=len(found))
        steps.append(ShownStep(Node(key=f"job {name}", name=name, environment=found[0].get("environment", "")), state, found))
    return _with_named_failure(document, steps)


def _serial(document: Document, nodes: Sequence[Node], jobs: list[StoredJob]) -> tuple[list[ShownStep], list[StoredJob]]:
    # Its key is the author's count, in which the portal's own step is none.
    nodes = [replace(node, name=node.name or gettext("step %(number)s") % {"number": node.key}) for node in nodes]
    first = _first_step(document, nodes)
    before, nodes = nodes[:first], nodes[first:]
    places, others = placed(nodes, jobs, getattr(document, "parameters", {}))
    slots: dict[int, list[CommandSlot]] = {}
    for place in places:
        slots.setdefault(place.step, []).append(place)
    steps = [ShownStep(node, DONE_BEFORE, []) for node in before]
    for number, node in enumerate(nodes):
        own = slots.get(number, [])
        found = [job for place in own for job in place.jobs]
        begun = len(found) + sum(place.is_forgotten for place in own)
        steps.append(ShownStep(node, state_of(found, document, begun=begun, commands=len(own)), found))
    return steps, others


def _first_step(document: Document, nodes: Sequence[Node]) -> int:
    """Where a run begins: the run that it continues has done the steps before."""
    name = document.from_step if isinstance(document, Run) else ""
    return next((number for number, node in enumerate(nodes) if name and node.name == name), 0)


def _others(document: Document, nodes: Sequence[Node], jobs: list[StoredJob]) -> tuple[list[ShownStep], list[StoredJob]]:
    """Steps of one name that stand side by side are one. Where jobs are nobody's or forgotten, nobody knows which steps did not run."""
    found, others = matched(nodes, jobs)
    is_sure = not others and not forgotten(jobs)
    steps = []
    for numbers in groups(GraphStep(node.name or node.key, key=node.key, after=node.after) for node in nodes):
        members = [nodes[number] for number in numbers]
        own = sorted((job for number in numbers for job in found[number]), key=lambda job: int(job.get("number") or 0))
        state = state_of(own, document, begun=len(own), commands=len(members), is_sure=is_sure)
        if not own and not any(node.needed for node in members):
            state = NOT_NEEDED
        steps.append(ShownStep(_together(members), state, own, len(members)))
    return steps, others


def _together(nodes: Sequence[Node]) -> Node:
    """One node for equal ones: what differs between them stands in it one after the other."""
    if len(nodes) == 1:
        return nodes[0]

    def all_of(values: Iterable[Sequence[str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for value in values for item in value))

    return replace(
        nodes[0],
        inputs=all_of(node.inputs for node in nodes),
        outputs=all_of(node.outputs for node in nodes),
        commands=all_of(node.commands for node in nodes),
        after=all_of(node.after for node in nodes),
        needed=any(node.needed for node in nodes),
    )


def _with_named_failure(document: Document, steps: list[ShownStep]) -> list[ShownStep]:
    """Where no job of a failed run failed, the engine's own words may name the step that did."""
    if not isinstance(document, Run) or document.status != Run.Status.FAILED or any(step.state == "failed" for step in steps):
        return steps
    name = named_as_failed(document.error, [step.node.name for step in steps if step.node.name])
    return [replace(step, state="failed") if name and step.node.name == name else step for step in steps]


def state_of(jobs: list[StoredJob], document: Document, *, begun: int, commands: int, is_sure: bool = True) -> str:
    """One word for a step of so many commands, of which so many have begun; empty where nothing has been launched."""
    states = {job.get("state") for job in jobs}
    for state in ("failed", "stopped"):
        if state in states:
            return state
    if not isinstance(document, Run):
        return ""
    if document.status == Run.Status.FINISHED or (begun and begun >= commands and states <= {"finished"}):
        return "finished"  # REANA says so of all of it, whether or not its logs are here
    if document.ended:
        return "stopped" if begun else "skipped" if is_sure else "unknown"
    return "running" if "running" in states or "finished" in states else "queued"


def keys_of(steps: Sequence[ShownStep], nodes: Sequence[Node]) -> Mapping[str, str]:
    """The key of the step that stands for each node: that of its group's first one."""
    leaders = {step.node.name: step.node.key for step in steps if step.count > 1}
    return {node.key: leaders.get(node.name, node.key) for node in nodes}
