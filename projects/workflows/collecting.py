"""List what a finished run's workspace holds, and decide which files are copied here; the others are listed with the reason."""

from collections.abc import Iterable

from projects.workflows import reana, watching
from projects.workflows.declaring import DeclaredOutputs
from projects.workflows.models import Run, RunFile
from projects.workflows.reana import names
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import size as size_text
from vre_portal.text import storable

MAX_COPIED_BYTES = 50 * 1000 * 1000  # of one file; larger ones stay at REANA
MAX_COPIED_FILES = 100
MAX_LISTED = 20_000  # files that are read of REANA's list
MAX_ROWS = 5_000  # files that the portal remembers of one run
MAX_NAME = 4096
PATIENCE_SECONDS = 600.0  # for which listing may fail before the run is shown with what is known
TOO_LARGE = f"Larger than {size_text(MAX_COPIED_BYTES)}."
TOO_MANY = f"Only the first {MAX_COPIED_FILES} outputs are copied."
UNDECLARED = "Not declared as an output."
INPUT = "Input of the run."
DATA = "Input of the run. Whoever may read it finds it in the Data Lake."
NOT_CREATED = "Declared as an output, but the run did not create it."
TOO_LONG_NAME = "Its name is too long."


def list_files(run: Run, server: Service, token: str) -> bool:
    """Make a row of each file of the workspace; False where that has to be tried again. An interrupted attempt is begun anew."""
    found: list[reana.File] = []
    total, note = 0, ""
    try:
        for file in reana.list_files(server, token, run.remote_id, whole=True):
            total += 1
            if total > MAX_LISTED:
                note = f"REANA lists more than {MAX_LISTED:,} files; the others are not known here."
                break
            found.append(file)
    except RemoteError as error:
        if isinstance(error, RemoteUnavailable) and watching.has_patience("collecting", run, PATIENCE_SECONDS):
            run.not_listed(f"The list of files could not be read: {error} Retrying.")
            return False
        note = f"Not all files could be listed: {error}"
    rows = planned(run, found, is_complete=not note)
    if len(rows) > MAX_ROWS:
        note = f"{note} The run has {total:,} files; {MAX_ROWS:,} are listed here, declared outputs first.".strip()
    RunFile.objects.bulk_create(rows[:MAX_ROWS], batch_size=500, ignore_conflicts=True)  # of an earlier, interrupted attempt
    run.listed(total, note)
    if not run.outputs.waiting().exists():
        run.collected()
    return True


def planned(run: Run, files: Iterable[reana.File], *, is_complete: bool) -> list[RunFile]:
    """A row for each file, declared ones first, and for what is declared and was not created, as far as the list is complete."""
    declared = DeclaredOutputs.of(run.content)
    created: set[str] = set()
    outputs: list[RunFile] = []
    others: list[RunFile] = []
    paths: set[str] = set()
    for file in sorted(files, key=lambda item: item.name):
        entries = declared.naming(file.name)
        created |= entries
        path = _unused(_storable_path(file.name), paths)
        row = RunFile(run=run, path=path, size=file.size if 0 <= file.size < 2**63 else None, is_declared=bool(entries))
        row.state, row.reason = RunFile.State.LEFT, _why_left(run, row)
        (outputs if row.is_declared else others).append(row)
    _choose(outputs)
    missing = [entry for entry in declared.entries if entry not in created] if is_complete else []
    absent = [RunFile(run=run, path=_unused(storable(entry), paths), state=RunFile.State.MISSING, reason=NOT_CREATED) for entry in missing]
    return outputs + absent + others


def _choose(outputs: list[RunFile]) -> None:
    """The first ones that nothing speaks against wait to be copied."""
    good = [row for row in outputs if not row.reason]
    for row in good[:MAX_COPIED_FILES]:
        row.state = RunFile.State.WAITING
    for row in good[MAX_COPIED_FILES:]:
        row.reason = TOO_MANY


def _why_left(run: Run, file: RunFile) -> str:
    """What speaks against copying a file; empty where nothing does."""
    if len(file.path) > MAX_NAME:
        return TOO_LONG_NAME
    if fault := names.unspeakable(file.path):
        return f"REANA cannot hand it out: {fault}."
    if file.path in run.inputs:
        return DATA  # also where it is declared as an output: the project may be open to more people than the data
    if not file.is_declared:
        return INPUT if file.path in run.code else UNDECLARED
    return TOO_LARGE if is_too_large(file) else ""


def is_too_large(file: RunFile) -> bool:
    """Whether the portal copies no file of that size, whoever asks."""
    return (file.size or 0) > MAX_COPIED_BYTES


def _storable_path(name: str) -> str:
    """As a row can hold it; one that is too long for any disk is cut, and not asked for."""
    path = storable(name)
    return path if len(path) <= MAX_NAME else f"{path[:MAX_NAME]}\u2026"


def _unused(path: str, paths: set[str]) -> str:
    """The path, with a number behind it where another file has become the same by what a row cannot hold."""
    found, number = path, 1
    while found in paths:
        number += 1
        found = f"{path} ({number})"
    paths.add(found)
    return found
