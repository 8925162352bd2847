"""The bytes of uploads until they are in the lake: one file for each upload, within limits for a person and for all."""

import fcntl
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from datalake.uploads.models import Upload
from vre_portal.iam.models import User
from vre_portal.text import size as words

LOCK = 0x75706C64  # any number that nothing else locks
ORPHAN = 3600.0  # seconds after which a file without a row is thrown away
MAX_OPEN = 2000  # files that one person may have under way
logger = logging.getLogger(__name__)


class Busy(Exception):
    """Another connection is writing this file just now."""


class Full(Exception):
    """A limit is reached; the text says which and what to do."""


def path(pk: uuid.UUID) -> Path:
    """Where the bytes of one upload are."""
    return Path(settings.UPLOAD_SPOOL) / pk.hex[:2] / pk.hex


def make(pk: uuid.UUID) -> None:
    """An empty file, which nobody but the portal may read."""
    place = path(pk)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def forget(pk: uuid.UUID) -> None:
    path(pk).unlink(missing_ok=True)


@contextmanager
def writing(pk: uuid.UUID) -> Iterator[BinaryIO]:
    """The file for one writer at a time; the lock ends with the process that holds it."""
    with path(pk).open("r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy from None
        yield file  # type: ignore[misc]


def is_busy(pk: uuid.UUID) -> bool:
    """Whether somebody writes it just now."""
    try:
        with writing(pk):
            return False
    except FileNotFoundError:
        return False
    except Busy:
        return True


def admit(user: User, length: int) -> None:
    """Whether so many bytes more may come; inside the transaction that writes the row, so that two cannot both be the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # untranslated: SQL
    kept = Upload.objects.filter(Q(state__in=Upload.OPEN) | Q(state=Upload.State.FAILED, received__gt=0))
    mine = kept.filter(by=user)
    if mine.count() >= MAX_OPEN:
        text = _("You have %(count)s unfinished uploads, which is the maximum. Wait until some have finished, or cancel some.")
        raise Full(text % {"count": MAX_OPEN})
    if _total(mine) + length > settings.UPLOAD_PERSON_BYTES:
        text = _("Your unfinished uploads would exceed the limit of %(size)s. Wait until some have finished, or cancel some.")
        raise Full(text % {"size": words(settings.UPLOAD_PERSON_BYTES)})
    still_to_come = kept.aggregate(bytes=Sum(F("size") - F("received")))["bytes"] or 0
    Path(settings.UPLOAD_SPOOL).mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.UPLOAD_SPOOL).free - settings.UPLOAD_SPARE_BYTES
    if _total(kept) + length > settings.UPLOAD_SPOOL_BYTES or still_to_come + length > free:
        raise Full(_("The portal has no space for this upload at the moment. Try again later, when other uploads have finished."))


def _total(rows: "object") -> int:
    return int(rows.aggregate(bytes=Sum("size"))["bytes"] or 0)  # type: ignore[attr-defined]


def sweep() -> int:
    """Throw away files without a row; a row is written before its file is used, so that a young one may still get it."""
    gone = 0
    for place in Path(settings.UPLOAD_SPOOL).glob("*/*"):
        try:
            pk = uuid.UUID(hex=place.name)
            old = time.time() - place.stat().st_mtime > ORPHAN
        except (ValueError, OSError):
            continue
        if old and not Upload.objects.filter(pk=pk).exclude(state=Upload.State.DONE).exists():
            try:
                place.unlink(missing_ok=True)
            except OSError:
                logger.exception("%s could not be deleted", place)
                continue
            gone += 1
    return gone
