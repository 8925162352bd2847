"""Where the files of requests are stored: under a name of the portal's own, never under the one that the person chose."""

import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

FOLDER = "requests"
LOST_AFTER = timedelta(days=1)  # a request that is being stored has its rows long before
logger = logging.getLogger(__name__)


def path_of(_attachment: object, _name: str) -> str:
    """A new place below MEDIA_ROOT, which says nothing of the file."""
    name = uuid.uuid4().hex
    return f"{FOLDER}/{name[:2]}/{name}"


def stored_paths() -> Iterator[str]:
    """The places of all files of requests."""
    if not default_storage.exists(FOLDER):
        return
    for folder in default_storage.listdir(FOLDER)[0]:
        for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]:
            yield f"{FOLDER}/{folder}/{name}"


def delete_lost(known: set[str]) -> int:
    """Delete files that belong to no request, because it was refused after they were written; returns how many there were."""
    deleted = 0
    for path in stored_paths():
        try:
            if path not in known and default_storage.get_modified_time(path) < timezone.now() - LOST_AFTER:
                default_storage.delete(path)
                deleted += 1
        except OSError as error:
            logger.warning("A file of requests cannot be deleted: %s", error)  # untranslated: a log
    return deleted
