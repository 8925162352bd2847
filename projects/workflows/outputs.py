"""List what a run's workspace holds, and decide which files are copied here; the others are listed with the reason."""

import logging
from collections.abc import Iterable

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows import reana, viewers
from projects.workflows.declaring import DeclaredOutputs
from projects.workflows.headline import note_results
from projects.workflows.listed_files import store
from projects.workflows.models import Run, RunFile
from projects.workflows.reana import names
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service
from vre_portal.text import size as size_text
from vre_portal.text import storable

logger = logging.getLogger(__name__)
MAX_COPIED_BYTES = 50 * 1000 * 1000  # of one file; larger ones stay at REANA
MAX_COPIED_FILES = 100
MAX_LISTED = 20_000  # files that are read of REANA's list
MAX_ROWS = 5_000  # files that the portal remembers of one run
MAX_NAME = 4096
PATIENCE_SECONDS = 600.0  # for which listing may fail before the run is shown with what is known
REQUEST_PATIENCE_SECONDS = 60.0  # the same where somebody asked for it, and can ask again
UNDECLARED = gettext_lazy("Not declared as an output.")
INPUT = gettext_lazy("Input of the run.")
DATA = gettext_lazy("Input of the run. It is in the Data Lake, for people with access to it.")
NOT_CREATED = gettext_lazy("Declared as an output, but the run did not create it.")
TOO_LONG_NAME = gettext_lazy("Its name is too long.")


def too_large() -> str:
    """Why a file is not copied that is larger than MAX_COPIED_BYTES."""
    return _("Larger than %(size)s.") % {"size": size_text(MAX_COPIED_BYTES)}


def list_files(run: Run, server: Service, token: str) -> bool:
    """Make a row of each file of the workspace; False where that has to be tried again. An interrupted attempt is begun anew."""
    found: list[reana.File] = []
    total, note, error = 0, "", None
    what, seconds = ("list-request", REQUEST_PATIENCE_SECONDS) if run.is_list_asked else ("collecting", PATIENCE_SECONDS)
    try:
        for file in reana.list_files(server, token, run.remote_id, whole=True):
            total += 1
            if total > MAX_LISTED:
                note = _("REANA lists more than %(limit)s files; the other files are not listed here.") % {"limit": grouped(MAX_LISTED)}
                break
            found.append(file)
    except RemoteError as failure:
        # A refusal of the moment is no answer about the files, either.
        seconds = seconds if isinstance(failure, RemoteUnavailable) else REQUEST_PATIENCE_SECONDS
        if viewers.has_patience(what, run, seconds):
            run.not_listed(_("The list of files could not be read: %(reason)s Retrying automatically.") % {"reason": failure})
            return False
        note, error = _("Not all files could be listed: %(reason)s") % {"reason": failure}, failure
    viewers.end_patience(what, run)
    if error and not found and run.files_as_of:
        run.not_listed(
            _("The list of files could not be read again: %(reason)s") % {"reason": error}, is_over=True
        )  # the earlier one stays
        return True
    is_complete = not note
    rows = planned(run, found, is_complete=is_complete)
    if len(rows) > MAX_ROWS:
        text = _("The run has %(total)s files; %(listed)s are listed here, declared outputs first.")
        note = f"{note} {text % {'total': grouped(total), 'listed': grouped(MAX_ROWS)}}".strip()
    store(run, rows, is_complete=is_complete, most=MAX_ROWS, max_bytes=MAX_COPIED_BYTES)
    run.listed(total, note)
    finish(run)
    return True


def finish(run: Run) -> None:
    """Note that all files of a run that has ended are here, where none waits; the numbers in outputs count where the run finished."""
    if run.listed_at is None or run.outputs.waiting().exists():
        return
    if run.status == Run.Status.FINISHED:
        _note_results(run)
    run.collected()


def _note_results(run: Run) -> None:
    """The numbers are an extra, read of files that anybody may have written: a mistake with them costs them alone."""
    try:
        with transaction.atomic():
            note_results(run)
    except (OperationalError, InterfaceError):
        raise  # the database is away, and the run is tried again
    except Exception:
        logger.exception("the headline numbers of run %s could not be read", run.pk)


def planned(run: Run, files: Iterable[reana.File], *, is_complete: bool) -> list[RunFile]:
    """A row for each file, declared ones first, and for what is declared and was not created, as far as the list is complete.

    Outputs of a finished run wait to be copied. Those of others may be half written: they are copied where somebody asks for them.
    """
    declared = DeclaredOutputs.of(run.content)
    created: set[str] = set()
    outputs: list[RunFile] = []
    others: list[RunFile] = []
    paths: set[str] = set()
    for file in sorted(files, key=lambda item: item.name):
        entries = declared.naming(file.name)
        created |= entries
        path = _unused(_storable_path(file.name), paths)
        size = file.size if 0 <= file.size < 2**63 else None
        row = RunFile(run=run, path=path, size=size, modified_at=file.modified or None, is_declared=bool(entries))
        row.state, row.reason = RunFile.State.LEFT, _why_left(run, row)
        (outputs if row.is_declared else others).append(row)
    if run.status == Run.Status.FINISHED:
        _choose(outputs)
    missing = [entry for entry in declared.entries if entry not in created] if is_complete and run.ended else []
    absent = [
        RunFile(run=run, path=_unused(storable(entry), paths), state=RunFile.State.MISSING, reason=str(NOT_CREATED)) for entry in missing
    ]
    return outputs + absent + others


def _choose(outputs: list[RunFile]) -> None:
    """The first ones that nothing speaks against wait to be copied."""
    good = [row for row in outputs if not row.reason]
    for row in good[:MAX_COPIED_FILES]:
        row.state = RunFile.State.WAITING
    for row in good[MAX_COPIED_FILES:]:
        row.reason = _("Only the first %(limit)s outputs are copied.") % {"limit": MAX_COPIED_FILES}


def _why_left(run: Run, file: RunFile) -> str:
    """What speaks against copying a file; empty where nothing does."""
    if len(file.path) > MAX_NAME:
        return str(TOO_LONG_NAME)
    if fault := names.unspeakable(file.path):
        return _("REANA cannot send this file. %(reason)s") % {"reason": fault}
    if file.path in run.attached:
        return str(INPUT)  # the same: it may come from a run of another project
    if file.path in run.data_paths:
        return str(DATA)  # also where it is declared as an output: the project may be open to more people than the data
    if not file.is_declared:
        return str(INPUT if file.path in run.stored_paths else UNDECLARED)
    return too_large() if is_too_large(file) else ""


def is_too_large(file: RunFile) -> bool:
    """Whether the portal copies no file of that size, for anybody."""
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
