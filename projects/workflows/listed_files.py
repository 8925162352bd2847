"""Bring the rows of a run's files up to date with a list of its workspace: it may be listed while it runs, and is once it has ended."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from projects.workflows.models import Run, RunFile

WANTED = (RunFile.State.COPIED, RunFile.State.WAITING)
COPY = ("file", "sha256", "thumbnail", "thumbnail_state", "thumbnail_note")
COLUMNS = ("size", "modified_at", "is_declared", "state", "reason", "attempt", *COPY, *RunFile.ANEW)


@transaction.atomic
def store(run: Run, rows: Sequence[RunFile], *, is_complete: bool, most: int, max_bytes: int) -> None:
    """Make the rows of the run what `rows` say, at most so many of them; where the list is not complete, what it lacks stays.

    Files that were copied while the run went on are copied again where they may have changed since, up to `max_bytes`. The rows are locked: a
    worker that copies one of them at this moment has finished, or finds that it lost it.
    """
    known = {file.path: file for file in run.outputs.select_for_update(of=("self",))}
    may_be_old = not run.ended or run.listed_at is None
    listed = {row.path: row for row in rows}
    kept = {file.path: file for file in known.values() if _stays(file, is_listed=file.path in listed, is_complete=is_complete)}
    run.outputs.filter(pk__in=[file.pk for path, file in known.items() if path not in kept]).delete()
    new = [row for row in rows if row.path not in kept]  # made anew, in the order of the list
    RunFile.objects.bulk_create(new[: max(most - len(kept), 0)], batch_size=500)
    changed = []
    for path, file in kept.items():
        row = listed.get(path)
        if row is None:
            file.reason = _("No longer at REANA.") if is_complete else file.reason
            changed.append(file)
        elif _is_old(file, row, may_be_old=may_be_old):
            _renew(file, row, max_bytes)
            changed.append(file)
    RunFile.objects.bulk_update(changed, COLUMNS, batch_size=500)


def _stays(file: RunFile, *, is_listed: bool, is_complete: bool) -> bool:
    """Whether its row stays as it is: it is here or on its way, or the list ends before it."""
    if file.state not in WANTED:
        return not is_complete and not is_listed
    return file.is_copied or is_listed or not is_complete


def _is_old(file: RunFile, row: RunFile, *, may_be_old: bool) -> bool:
    """Whether a file that is here, or waits, is another one by now; one that REANA gives no time for may be."""
    is_same = row.modified_at is not None and (file.size, file.modified_at) == (row.size, row.modified_at)
    return not is_same and (may_be_old or not file.is_copied)


def _renew(file: RunFile, row: RunFile, max_bytes: int) -> None:
    """Let it be copied again as it is now; one that has become too large stays at REANA."""
    if file.is_copied:
        storage = file.file.storage
        for name in file.drop_copies():
            transaction.on_commit(partial(storage.delete, name), robust=True)
    file.size, file.modified_at, file.is_declared = row.size, row.modified_at, row.is_declared
    can_be_copied = (row.size or 0) <= max_bytes
    file.state, file.reason = (RunFile.State.WAITING, "") if can_be_copied else (row.state, row.reason)
    file.attempt += 1  # whoever copies it at this moment has another file
    for name, value in RunFile.ANEW.items():
        setattr(file, name, value)
