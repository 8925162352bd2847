"""An entry begins: its row, with what was uploaded, and the job that reads it."""

import hashlib
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
from projects.workflows.entering.archives import kind_of_archive
from projects.workflows.models import Entry
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.repositories.child import names
from vre_portal.text import plain

MAX_UNDER_WAY = 5  # of one person
MAX_KEPT = 20  # of one person that were not saved
SENT = ("specification", "base", "address", "ref", "path", "text", "removed", "offered")  # what one press says and another may not


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
    """The entry of a form, which a job reads, with the files or the zip that was sent. Raises EntryRefused.

    The same key with the same content gives the same entry: a form that comes back from another page has its key still, and a new text.
    """
    if files is not None:
        packed = as_zip(files, is_beside=bool(facts.get("base")))  # which takes its time, so before anything is locked
    key = key_of(key, project, origin, facts, packed)
    if earlier := Entry.objects.filter(by=by, key=key).first():
        return earlier
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
    Entry.objects.asked_before(entry).filter(state__in=(Entry.State.FAILED, *Entry.NOTHING_TO_SAVE)).delete()
    for old in kept_of(by)[MAX_KEPT:]:
        if old.state not in Entry.NOTHING_TO_SAVE:  # of which nothing is lost
            entry.displaced = (*entry.displaced, str(old))
        old.delete()
    return entry


def kept_of(person: User) -> QuerySet[Entry]:
    """What somebody entered and has not saved, in all projects, newest first."""
    return Entry.objects.filter(by=person).exclude(state=Entry.State.SAVED).order_by("-pk")


def key_of(key: uuid.UUID, project: Project, origin: str, facts: Mapping[str, Any], packed: bytes | None = None) -> uuid.UUID:
    """The key of what a form was sent with."""
    sent = {name: getattr(value, "pk", value) for name in SENT if (value := facts.get(name))}
    digest = hashlib.sha256(packed).hexdigest() if packed is not None else ""
    return uuid.uuid5(key, repr((project.pk, str(origin), sent, digest)).encode("unicode_escape").decode())


def zip_of(contents: Mapping[str, bytes]) -> bytes:
    """The contents by their paths."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, body in contents.items():
            archive.writestr(zipfile.ZipInfo(path), body)
    return made.getvalue()


def as_zip(files: list["UploadedFile[Any]"], *, is_beside: bool = False) -> bytes:
    """A zip that was uploaded as it is, or one of the single files, which have no folders.

    Raises EntryRefused for another archive, which no workflow is, but may well be a file of one that the upload goes beside.
    """
    first = files[0]
    if len(files) == 1 and zipfile.is_zipfile(first):
        first.seek(0)
        return bytes(first.read())
    is_data = is_beside and not (first.name or "").lower().endswith(".zip")
    if len(files) == 1 and not is_data and (words := kind_of_archive(first)):
        raise EntryRefused(words % {"file": plain(first.name or "")[:200]})
    contents = {}
    for file in files:
        if name := names.part_of((file.name or "").encode(errors="replace")):
            file.seek(0)
            contents[name] = file.read()
    return zip_of(contents)
