"""The data of a run as its page shows them: which files and copies it reads, how each came, and how long that took."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, Sum

from projects.workflows.models import Run, RunInput

SHOWN, IN_JSON, MAX_REASONS = 25, 100, 5
FETCHED = Q(how=RunInput.How.FETCHED)


@dataclass(frozen=True)
class Data:
    """The first files, and what all of them come to."""

    rows: list[RunInput]
    files: int
    bytes: int
    fetched: int  # files that the run fetched, or will fetch, itself
    fetched_bytes: int
    reasons: list[str]  # why large files go through the portal

    @property
    def streamed(self) -> int:
        return self.files - self.fetched

    @property
    def streamed_bytes(self) -> int:
        return self.bytes - self.fetched_bytes

    @property
    def hidden(self) -> int:
        """How many files stand on the page of all of them only."""
        return self.files - len(self.rows)


def data_of(run: Run) -> Data | None:
    """What is known of the run's data; None where it reads none, or nobody has looked yet."""
    if not run.inputs:
        return None
    rows = list(run.input_files.all()[:SHOWN])
    if not rows:
        return None
    sums = run.input_files.aggregate(
        files=Count("pk"),
        all_bytes=Sum("bytes"),
        fetched=Count("pk", filter=FETCHED),
        fetched_bytes=Sum("bytes", filter=FETCHED, default=0),
        reasons=ArrayAgg("why", distinct=True, filter=~Q(why=""), default=[]),
    )
    return Data(rows, bytes=sums.pop("all_bytes"), reasons=sums.pop("reasons")[:MAX_REASONS], **sums)


def described_input(row: RunInput) -> dict[str, Any]:
    """A file of a run's data as JSON and CSV give it."""
    return {
        "path": row.path,
        "lake": row.lake,
        "did": row.did,
        "bytes": row.bytes,
        "adler32": row.adler32 or None,
        "md5": row.md5 or None,
        "rse": row.rse or None,
        "how": row.how or None,
        "why": row.why or None,
        "state": row.current_state,
        "tape": row.tape or None,
        "seconds": row.seconds,
    }


def first_inputs(run: Run) -> list[dict[str, Any]]:
    """The beginning of the list for the JSON of one run."""
    return [described_input(row) for row in run.input_files.all()[:IN_JSON]]
