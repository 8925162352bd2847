"""Which job ran for which command of a serial workflow: names may be empty or equal, so the command decides, then the order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from projects.workflows.engines.reading import Node

StoredJob = dict[str, Any]  # as Run.steps keeps it
_PARAMETER = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


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


def placed(nodes: Sequence[Node], jobs: list[StoredJob], parameters: Mapping[str, Any]) -> tuple[list[CommandSlot], list[StoredJob]]:
    """Each command with its job, and the jobs that are nobody's."""
    places = [
        CommandSlot(number, node.name, expanded(command, parameters)) for number, node in enumerate(nodes) for command in node.commands
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
    by_their_command: dict[str, list[CommandSlot]] = {}
    for place in places:
        by_their_command.setdefault(place.command, []).append(place)
    for job in jobs:
        possible = by_their_command.get(str(job.get("command")), []) if by_command else places
        if free := next((place for place in possible if place.takes(job)), None):
            free.jobs.append(job)
        else:
            left.append(job)
    return left


def expanded(command: str, parameters: Mapping[str, Any]) -> str:
    """A command as REANA runs it: `${name}` is the parameter, `$$` a dollar sign."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return "$" if name is None else str(parameters[name]) if name in parameters else match[0]

    return _PARAMETER.sub(value, command)
