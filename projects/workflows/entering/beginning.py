"""An entry begins: its row, with what was uploaded, and the job that reads it."""

import io
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project
from projects.workflows import tasks
from projects.workflows.models import Entry
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.repositories.child import names

MAX_UNDER_WAY = 5  # of one person
MAX_KEPT = 20  # of one person that were not saved


class EntryRefused(Exception):
    """Nothing was entered or saved; the text is for the person."""


def begin(
    by: User,
    project: Project,
    key: uuid.UUID,
    origin: str,
    *,
    files: list["UploadedFile[Any]"] | None = None,
    packed: bytes | None = None,
    **facts: Any,
) -> Entry:
    """The entry of a form, which a job reads, with the files or the zip that was sent; the same key again gives the same one. Raises EntryRefused."""
    if earlier := Entry.objects.filter(by=by, key=key).first():
        return earlier
    if files is not None:
        packed = as_zip(files)  # which takes its time, so before anything is locked
    upload = ""
    try:
        with transaction.atomic():
            open_project_locked(project)
            if Entry.objects.filter(by=by).under_way().count() >= MAX_UNDER_WAY:
                raise EntryRefused(
                    _("You have %(count)s workflows that are being read. Wait until one is ready.") % {"count": MAX_UNDER_WAY}
                )
            entry = Entry(by=by, project=project, key=key, origin=origin, **facts)
            if entry.seen is None and entry.specification and entry.specification.current:
                entry.seen = entry.specification.current.number
            if packed is not None:
                entry.upload.save(f"{key}.zip", ContentFile(packed), save=False)
                upload = str(entry.upload.name)
            entry.save()
            enqueue(tasks.read_entry, entry.pk)
    except BaseException as error:
        if upload:
            entry.upload.storage.delete(upload)
        if isinstance(error, IntegrityError) and (earlier := Entry.objects.filter(by=by, key=key).first()):
            return earlier  # the other press of the button was first
        raise
    for old in kept_of(by)[MAX_KEPT:]:
        if old.state != Entry.State.SAME:  # of which nothing is lost
            entry.displaced = (*entry.displaced, str(old))
        old.delete()
    return entry


def kept_of(person: User) -> QuerySet[Entry]:
    """What somebody entered and has not saved, in all projects, newest first."""
    return Entry.objects.filter(by=person).exclude(state=Entry.State.SAVED).order_by("-pk")


def zip_of(contents: Mapping[str, bytes]) -> bytes:
    """The contents by their paths."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, body in contents.items():
            archive.writestr(zipfile.ZipInfo(path), body)
    return made.getvalue()


def as_zip(files: list["UploadedFile[Any]"]) -> bytes:
    """A zip that was uploaded as it is, or one of the single files, which have no folders."""
    first = files[0]
    if len(files) == 1 and zipfile.is_zipfile(first):
        first.seek(0)
        return bytes(first.read())
    contents = {}
    for file in files:
        if name := names.part_of((file.name or "").encode(errors="replace")):
            file.seek(0)
            contents[name] = file.read()
    return zip_of(contents)
