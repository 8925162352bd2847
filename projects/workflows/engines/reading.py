"""What was read of a specification: its steps with what they take and give, its parameters, and what the checks say."""

from dataclasses import dataclass, field
from typing import Any

from projects.workflows.validation_results import Check

READERS = {"cwl": "cwl-utils", "snakemake": "Snakemake", "yadage": "yadage"}


@dataclass(frozen=True)
class Node:
    """A step, rule or tool, as the engine itself understood it."""

    key: str  # unique in the workflow; `after` names these
    name: str  # as REANA names its jobs, as far as that is known before
    environment: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    resources: dict[str, Any] = field(default_factory=dict)  # as the author wrote them: kubernetes_memory_limit, compute_backend, ...
    after: tuple[str, ...] = ()
    needed: bool = True  # whether the engine would run it with the parameters and inputs as they are
    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Reading:
    """One specification as its engine understood it. Nothing here has been run; `why_not` is set where the engine was not asked at all."""

    engine: str = ""
    engine_version: str = ""  # of what reads it here; the server's may differ
    nodes: tuple[Node, ...] = ()
    left_out: int = 0  # nodes for which there was no room
    parameters: dict[str, Any] = field(default_factory=dict)
    submission: dict[str, Any] | None = None  # `workflow.specification` as older servers want it sent; None where it is not needed
    checks: tuple[Check, ...] = ()
    includes: tuple[str, ...] = ()  # files of the repository that the workflow's file takes in
    opened: tuple[str, ...] = ()  # further files of the repository that it reads, or that its steps take
    is_partial: bool = False  # whether the engine stopped before the end of a file, so that it may include more
    isolated_by: tuple[str, ...] = ()
    why_not: str = ""
    by_clock: bool = False  # whether the engine was only too slow: the same again may be answered

    @property
    def read_with(self) -> str:
        """What reads it here, with its version; empty where nothing does."""
        return f"{READERS.get(self.engine, self.engine)} {self.engine_version}" if self.engine_version else ""
