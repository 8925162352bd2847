"""Files of uploads, stored contents, whole logs and outputs without a row: of a process that was killed between both, or of a form that was sent twice."""

import logging
from datetime import timedelta
from pathlib import PurePosixPath

from django.core.files.storage import Storage
from django.utils import timezone

from projects.workflows.models import Entry, RunFile, StoredFile, WholeLog

OWNERS: tuple[tuple[type[Entry | StoredFile | WholeLog | RunFile], tuple[str, ...], str], ...] = (
    (Entry, ("upload",), "entries"),
    (StoredFile, ("file",), "specifications"),
    (WholeLog, ("file",), "logs"),
    (RunFile, ("file", "thumbnail"), "runs"),
)
LEFT_AFTER = timedelta(hours=6)  # by then whoever wrote a file has written its row, or never will
MOST = 1000  # files that one sweep looks up at once
logger = logging.getLogger(__name__)


def sweep_files() -> None:
    """Delete old files below the folders of OWNERS that no row names."""
    for model, columns, folder in OWNERS:
        storage: Storage = getattr(model._meta.get_field(columns[0]), "storage")  # noqa: B009 -- a column of files, which the type does not say
        _sweep(model, columns, storage, folder)


def _sweep(model: type[Entry | StoredFile | WholeLog | RunFile], columns: tuple[str, ...], storage: Storage, folder: str) -> None:
    try:
        folders, files = storage.listdir(folder)
    except OSError:  # nothing was stored yet
        return
    for name in folders:
        _sweep(model, columns, storage, f"{folder}/{name}")
    for begin in range(0, len(files), MOST):
        named = [str(PurePosixPath(folder) / name) for name in files[begin : begin + MOST]]
        rows = model._default_manager
        known = {name for column in columns for name in rows.filter(**{f"{column}__in": named}).values_list(column, flat=True)}
        for name in set(named) - known:
            _delete_old(storage, name)


def _delete_old(storage: Storage, name: str) -> None:
    try:
        if storage.get_modified_time(name) < timezone.now() - LEFT_AFTER:
            storage.delete(name)
            logger.info("%s was left without a row and is deleted", name)
    except OSError as error:
        logger.warning("%s could not be deleted: %s", name, error)
