"""The steps of a workflow with the jobs that ran for them, and one word for the state of each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from projects.workflows.models import Document, Run

StoredJob = dict[str, Any]  # as Run.steps keeps it
_PARAMETER = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Node:
    """A step as the graph shows it: what it is, and how its jobs are. Of a serial workflow each command is one job."""

    name: str
    environment: str
    commands: list[str]
    state: str
    jobs: list[StoredJob]

    @property
    def seconds(self) -> float | None:
        """From the first job's start to the last one's end, where both are known."""
        times = [(job.get("started_seconds"), job.get("finished_seconds")) for job in self.jobs]
        if not times or any(start is None or end is None for start, end in times):
            return None
        return float(max(end for _, end in times) - min(start for start, _ in times))  # type: ignore[type-var, operator]

    @property
    def failed_job(self) -> StoredJob | None:
        """The first job that failed."""
        return next((job for job in self.jobs if job.get("state") == Run.Status.FAILED), None)


@dataclass
class CommandSlot:
    """One command of a serial workflow, which becomes one job."""

    step: int
    name: str
    command: str
    jobs: list[StoredJob] = field(default_factory=list)
    is_forgotten: bool = False  # it ran, but only the last jobs are kept

    def takes(self, job: StoredJob) -> bool:
        """Whether it is free and the job has its step's name, or none: REANA gives unnamed steps' jobs no name."""
        return not self.jobs and not self.is_forgotten and job.get("name") in (self.name, "", None)


def graph(document: Document) -> list[Node]:
    """The steps in order with their states; jobs that belong to no step of the file (CWL, Snakemake) follow as they come."""
    jobs: list[StoredJob] = getattr(document, "steps", [])
    steps = document.step_specifications
    places, others = placed(steps, jobs, getattr(document, "parameters", {}))
    nodes = []
    for number, step in enumerate(steps):
        own = [place for place in places if place.step == number]
        found = [job for place in own for job in place.jobs]
        begun = len(found) + sum(place.is_forgotten for place in own)
        state = state_of(found, document, begun=begun, commands=len(own))
        nodes.append(Node(step["name"], step["environment"], step["commands"], state, found))
    for name in dict.fromkeys(str(job.get("name") or "") for job in others):
        found = [job for job in others if str(job.get("name") or "") == name]
        nodes.append(
            Node(
                name or gettext("Unnamed jobs"),
                found[0].get("environment", ""),
                [],
                state_of(found, document, begun=len(found), commands=len(found)),
                found,
            )
        )
    return nodes


def placed(steps: list[dict[str, Any]], jobs: list[StoredJob], parameters: Mapping[str, Any]) -> tuple[list[CommandSlot], list[StoredJob]]:
    """Each command with its job, and the jobs that are nobody's. Names may be empty or equal: the command decides, then the order."""
    places = [
        CommandSlot(number, step["name"], expanded(command, parameters))
        for number, step in enumerate(steps)
        for command in step["commands"]
    ]
    for place in places[: forgotten(jobs)]:
        place.is_forgotten = True
    left = _assign(jobs, places, by_command=True)
    return places, _assign(left, places, by_command=False)


def forgotten(jobs: list[StoredJob]) -> int:
    """How many jobs ran before the first one that is kept."""
    number = jobs[0].get("number") if jobs else None
    return number - 1 if isinstance(number, int) else 0


def _assign(jobs: Iterable[StoredJob], places: list[CommandSlot], *, by_command: bool) -> list[StoredJob]:
    """Give each job the first free place that fits; returns those for which there is none."""
    left = []
    for job in jobs:
        fitting = (place for place in places if place.takes(job) and (not by_command or place.command == job.get("command")))
        if place := next(fitting, None):
            place.jobs.append(job)
        else:
            left.append(job)
    return left


def expanded(command: str, parameters: Mapping[str, Any]) -> str:
    """A command as REANA runs it: `${name}` is the parameter, `$$` a dollar sign."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return "$" if name is None else str(parameters[name]) if name in parameters else match[0]

    return _PARAMETER.sub(value, command)


def state_of(jobs: list[StoredJob], document: Document, *, begun: int, commands: int) -> str:
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
        return "stopped" if begun else "skipped"
    return "running" if "running" in states or "finished" in states else "queued"
