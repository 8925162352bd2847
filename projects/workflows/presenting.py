"""How runs are shown: as JSON, as rows of a CSV file, as pictures and tables."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.inputs.presenting import first_inputs
from projects.workflows.inputs.sources import value_of
from projects.workflows.models import Run, RunFile, is_picture_path
from projects.workflows.number_text import number_of
from projects.workflows.quota_waits import used_up
from projects.workflows.steps import graph
from vre_portal.csv_reader import CsvTable, read_csv
from vre_portal.iam.models import User
from vre_portal.portable_gettext import grouped

MAX_PICTURES, MAX_TABLES, MAX_LINKS, MAX_NOT_HERE = 24, 6, 20, 5  # of one run on its page; all are on the page of its files
TABLE_ROWS, TABLE_COLUMNS, TABLE_CELL = 25, 50, 200
TABLE_BYTES = 256 * 1024
STEP_KEYS = ("state", "started", "finished", "environment")
FILES_IN_JSON = 100


def described(run: Run) -> dict[str, Any]:
    """A run as `?format=json` gives it, in a list too."""
    return {
        "id": run.pk,
        "name": run.name,
        "title": run.title,
        "note": run.note,
        "tags": tags_of(run),
        "number": run.number,
        "status": run.status,
        "specification": run.specification.name,
        "commit": run.commit,
        "parameters": run.parameters,
        "inputs": run.inputs,
        "attached": run.attached,
        "overrides": run.overrides,
        "image_digests": run.image_digests,
        "by": str(run.by),
        "server": run.server,
        "remote_id": run.remote_id or None,
        "error": run.error,
        "steps": [{"name": node.name, "step": number, **_known(job)} for number, node in enumerate(graph(run), 1) for job in node.jobs],
        "files_url": f"{reverse('workflows:files', args=[run.project.slug, run.number])}?format=json",
        "files_total": run.files_total,
        "files_note": run.files_note,
        "files_as_of": run.files_as_of,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "checked_at": run.checked_at,
        "published_at": published_at(run),
        "archived_at": run.archived_at,
    }


def tags_of(run: Run) -> list[str]:
    """The words that people put on it."""
    known: list[str] | None = run.__dict__.get("tag_names")
    return [tag.name for tag in run.tags.all()] if known is None else known


def published_at(run: Run) -> datetime | None:
    """Since when everybody who sees the project sees the run; None where they do not, such as while data of it wait for an owner's word."""
    return run.published_at if getattr(run, "is_published", False) else None


def described_with_files(run: Run, reader: User | AnonymousUser) -> dict[str, Any]:
    """One run with the beginning of its lists of files and of data; `files_url` and `data_url` have all of them. What is used of a quota is for its person."""
    return {
        **described(run),
        "files": [described_file(file) for file in run.outputs.order_by("pk")[:FILES_IN_JSON]],
        "data": first_inputs(run),
        "data_url": f"{reverse('workflows:inputs', args=[run.project.slug, run.number])}?format=json",
        "data_note": run.inputs_note,
        "quota_note": quota_note(run, reader),
    }


def quota_note(run: Run, reader: User | AnonymousUser) -> str:
    """Which quota the run waits for: with its figures for the person whose quota it is; empty where it waits for none."""
    if run.status not in Run.UNSUBMITTED or not run.quota_note:
        return ""
    return run.quota_note if run.by_id == reader.pk else used_up(run)


def _known(job: dict[str, Any]) -> dict[str, Any]:
    return {key: job.get(key) for key in STEP_KEYS}


def described_file(file: RunFile) -> dict[str, Any]:
    """A file of a workspace as JSON and CSV give it."""
    return {
        "id": file.pk,
        "name": file.path,
        "size": file.size,
        "state": file.state,
        "reason": file.reason,
        "declared": file.is_declared,
        "sha256": file.sha256,
    }


def as_row(run: Run) -> dict[str, Any]:
    """A run as a row of `?format=csv`: a column for each parameter and each input, and no logs."""
    return {
        "number": run.number,
        "title": run.title,
        "tags": ", ".join(tags_of(run)),
        "note": run.note,
        "status": run.status,
        "specification": run.specification.name,
        "commit": run.commit,
        "by": str(run.by),
        "server": run.server,
        "name": run.name,
        "remote_id": run.remote_id,
        "created_at": run.created_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else "",
        "finished_at": run.finished_at.isoformat() if run.finished_at else "",
        "published_at": published.isoformat() if (published := published_at(run)) else "",
        "archived_at": run.archived_at.isoformat() if run.archived_at else "",
        "error": run.error,
        **columns_of_values(run),
    }


def columns_of_values(run: Run) -> dict[str, Any]:
    """A column for each parameter of a run, and for each input with the DID that it reads."""
    return {f"parameter {name}": value for name, value in run.parameters.items()} | {
        f"input {path}": value_of(source) for path, source in [*run.inputs.items(), *run.attached.items()]
    }


@dataclass(frozen=True)
class Table:
    """The first rows of a CSV output, each cell cut to what a page can show; `notes` say what is cut, guessed or odd."""

    file: RunFile
    header: list[str]
    rows: list[list[str]]
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        """Each cell with whether it is a number."""
        return [[(cell, number_of(cell) is not None) for cell in row] for row in self.rows]


def table(output: RunFile) -> Table:
    """Read the beginning of a CSV file; whatever is in it is shown as text."""
    try:
        with output.file.open("rb") as handle:
            found = read_csv(handle, max_rows=TABLE_ROWS, max_bytes=TABLE_BYTES)
    except FileNotFoundError:
        return Table(output, [], [], notes=[_("The portal no longer has this file.")])
    if not found.column_count and found.is_count_exact:
        return Table(output, [], [], notes=[_("The file is empty.")])
    rows = [[_cut(cell) for cell in row[:TABLE_COLUMNS]] for row in found.rows]
    header = [_cut(cell) for cell in found.header[:TABLE_COLUMNS]]
    return Table(output, header, rows, [_cut(comment) for comment in found.comments[:10]], [*_cuts(found), *found.notes])


def _cut(text: str) -> str:
    return text if len(text) <= TABLE_CELL else f"{text[:TABLE_CELL]}\u2026"


def _cuts(content: CsvTable) -> list[str]:
    """What of a table is not shown, a sentence each."""
    rows = ngettext("%(n)s row", "%(n)s rows", content.row_count) % {"n": content.row_count_text}
    columns = ngettext("%(n)s column", "%(n)s columns", content.column_count) % {"n": grouped(content.column_count)}
    notes = [_("%(rows)s, %(columns)s.") % {"rows": rows, "columns": columns}]
    if content.row_count > len(content.rows) or not content.is_count_exact:
        count = len(content.rows)
        notes.append(ngettext("The first %(n)s row is shown.", "The first %(n)s rows are shown.", count) % {"n": count})
    if content.column_count > TABLE_COLUMNS:
        notes.append(_("The first %(n)s columns are shown.") % {"n": TABLE_COLUMNS})
    if len(content.comments) > 10:
        notes.append(_("%(n)s comment lines, of which the first 10 are shown.") % {"n": grouped(len(content.comments))})
    return notes


@dataclass(frozen=True)
class Outputs:
    """What came out of a run, as far as its page shows it, and how much there is."""

    pictures: list[RunFile]
    tables: list[Table]
    others: list[RunFile]
    not_here: list[RunFile]
    counts: dict[str, int]

    @property
    def copied_but_not_shown(self) -> int:
        """Copied files that stand on the page of all files only."""
        return self.counts["copied"] - len(self.pictures) - len(self.tables) - len(self.others)

    @property
    def not_here_but_not_shown(self) -> int:
        return self.counts["not_here"] - len(self.not_here)


def pictures_of(run: Run, limit: int = MAX_PICTURES) -> list[RunFile]:
    """The first pictures that are here."""
    return list(run.outputs.copied().filter(is_picture_path()).order_by("pk")[:limit])


def count_outputs(run: Run) -> dict[str, int]:
    """How many files there are of each sort; the run knows from then on how many are still to be copied."""
    counts = run.outputs.aggregate(
        all=Count("pk"),
        copied=Count("pk", filter=Q(state=RunFile.State.COPIED)),
        declared=Count("pk", filter=Q(is_declared=True)),
        waiting=Count("pk", filter=Q(state=RunFile.State.WAITING)),
        in_work=Count("pk", filter=Q(thumbnail_state=RunFile.Thumbnail.WANTED)),
        at_reana=Count("pk", filter=Q(state=RunFile.State.LEFT, is_declared=True)),
        not_here=Count("pk", filter=Q(is_declared=True) & ~Q(state__in=(RunFile.State.COPIED, RunFile.State.WAITING))),
    )
    run.waiting_files = counts["waiting"] if run.ended else 0
    run.pictures_in_work = counts.pop("in_work") if run.ended else 0
    return counts


def outputs_of(run: Run, counts: dict[str, int]) -> Outputs:
    """The first outputs of each sort, by one question; the cost does not grow with their number."""
    copied = run.outputs.copied().order_by("pk")
    is_picture, is_table = is_picture_path(), Q(path__iendswith=".csv")
    pictures, tables, others = copied.filter(is_picture), copied.filter(is_table), copied.exclude(is_picture | is_table)
    not_here = run.outputs.not_here().order_by("pk")
    parts = (tables[:MAX_TABLES], others[:MAX_LINKS], not_here[:MAX_NOT_HERE])
    rows = list(pictures[:MAX_PICTURES].union(*parts, all=True)) if counts["all"] else []
    for item in rows:
        item.run = run  # which knows its project: their addresses need no query
    here = [item for item in rows if item.state == RunFile.State.COPIED]
    return Outputs(
        [item for item in here if item.is_picture],
        [table(item) for item in here if _is_table(item)],
        [item for item in here if not item.is_picture and not _is_table(item)],
        [item for item in rows if item.state != RunFile.State.COPIED],
        counts,
    )


def _is_table(file: RunFile) -> bool:
    return file.path.lower().endswith(".csv")
