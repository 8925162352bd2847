"""How runs are shown: as JSON, as a graph of steps, as pictures and tables."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from projects.workflows.models import Document, Run, RunFile

TABLE_ROWS = 25
TABLE_BYTES = 64 * 1024


def described(run: Run) -> dict[str, Any]:
    """A run as `?format=json` gives it."""
    return {
        "id": run.pk,
        "name": run.name,
        "number": run.number,
        "status": run.status,
        "specification": run.specification.name,
        "commit": run.commit,
        "parameters": run.parameters,
        "inputs": run.inputs,
        "by": str(run.by),
        "server": run.server,
        "remote_id": run.remote_id or None,
        "error": run.error,
        "steps": [{key: step.get(key) for key in ("name", "state", "started", "finished", "environment")} for step in run.steps],
        "files": run.files,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "checked_at": run.checked_at,
    }


@dataclass(frozen=True)
class Node:
    """A step as the graph shows it: what it is, and how its jobs are."""

    name: str
    environment: str
    commands: list[str]
    state: str
    jobs: list[dict[str, Any]]

    @property
    def seconds(self) -> float | None:
        """From the first job's start to the last one's end, where both are known."""
        times = [(job.get("started_seconds"), job.get("finished_seconds")) for job in self.jobs]
        if not times or any(start is None or end is None for start, end in times):
            return None
        return float(max(end for _, end in times) - min(start for start, _ in times))  # type: ignore[type-var, operator]


def graph(document: Document) -> list[Node]:
    """The steps in order with their states; jobs that the file does not name (CWL, Snakemake) follow as they come."""
    jobs: list[dict[str, Any]] = getattr(document, "steps", [])
    named = document.step_specifications
    nodes = []
    for step in named:
        own = [job for job in jobs if job.get("name") == step["name"]]
        nodes.append(Node(step["name"], step["environment"], step["commands"], state_of(own, len(step["commands"]), document), own))
    others = {job["name"] for job in jobs} - {step["name"] for step in named}
    for name in sorted(others):
        own = [job for job in jobs if job["name"] == name]
        nodes.append(Node(name, own[0].get("environment", ""), [], state_of(own, len(own), document), own))
    return nodes


def state_of(jobs: list[dict[str, Any]], commands: int, document: Document) -> str:
    """One word for a step of several jobs; empty where nothing has been launched."""
    states = {job.get("state") for job in jobs}
    for state in ("failed", "stopped", "running"):
        if state in states:
            return state
    if jobs and states == {"finished"} and len(jobs) >= commands:
        return "finished"
    if jobs:
        return "running"
    if isinstance(document, Run):
        return "skipped" if document.ended else "queued"
    return ""


@dataclass(frozen=True)
class Table:
    """The first rows of a CSV output; `comments` are the lines that explain it."""

    file: RunFile
    comments: list[str]
    header: list[str]
    rows: list[list[str]]
    more: bool


def table(output: RunFile) -> Table:
    """Read the beginning of a CSV file; whatever is in it is shown as text."""
    try:
        with output.file.open("rb") as handle:
            text = handle.read(TABLE_BYTES).decode("utf-8", errors="replace").replace("\0", "")
    except FileNotFoundError:
        text = "# The portal no longer has this file."
    lines = text.splitlines()
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(line for line in lines if not line.startswith("#")))))
    return Table(output, comments[:10], rows[0] if rows else [], rows[1 : TABLE_ROWS + 1], len(rows) > TABLE_ROWS + 1)


@dataclass(frozen=True)
class Outputs:
    """What came out of a run, pictures first."""

    pictures: list[RunFile]
    tables: list[Table]
    others: list[RunFile]
    files: list[RunFile]


def outputs_of(run: Run) -> Outputs:
    """The collected outputs of a run."""
    files = list(run.outputs.all())
    return Outputs(
        [item for item in files if item.is_picture],
        [table(item) for item in files if item.is_table],
        [item for item in files if not item.is_picture and not item.is_table],
        files,
    )
