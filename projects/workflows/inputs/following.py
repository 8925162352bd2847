"""What the jobs of a run's own step say of the data that it fetches."""

import re
from collections.abc import Mapping
from typing import Any

from projects.workflows.models import Run, RunInput

COPY = re.compile(r"^copy=(.+)$", re.MULTILINE)


def note(run: Run) -> None:
    """Note which files are in the workspace, from which copy, and how long each took; may be told the same again."""
    if not run.fetch_commands:
        return
    jobs = {job.get("command"): job for job in reversed(run.steps)}
    rows = run.input_files.filter(how=RunInput.How.FETCHED)  # in the order of the commands
    for row, command in zip(rows, run.fetch_commands, strict=False):
        job = jobs.get(command)
        if job is None or row.state != RunInput.State.WAITING:
            continue
        if job.get("state") == "finished":
            row.came(rse=_copy(job, row), seconds=_seconds(job))
        elif job.get("state") == "failed":
            row.write(state=RunInput.State.FAILED)


def _copy(job: Mapping[str, Any], row: RunInput) -> str:
    """The copy that the job names, if it is one of those it was given; else the only one there is, else none."""
    known = [rse for rse, _address in row.copies]
    named = [name for name in COPY.findall(str(job.get("log") or "")) if name in known]
    return named[-1] if named else known[0] if len(known) == 1 else ""


def _seconds(job: Mapping[str, Any]) -> float | None:
    began, ended = job.get("started_seconds"), job.get("finished_seconds")
    return float(ended - began) if isinstance(began, int | float) and isinstance(ended, int | float) else None
