"""Files from a person's computer on their way to an input: stored by content, limited, and deleted where no run reads them."""

import hashlib
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project
from projects.workflows.models import InputUpload, StoredFile
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.text import plain, size, storable

MAX_UNUSED = 50  # uploads of one person in one project that no run reads
FILES_OF_PROJECT = 40  # of the largest size: all uploads of one project together
MAX_NAME = 255


class NotStored(Exception):
    """The file is not stored; the text is for the person."""


def max_bytes() -> int:
    """The largest size of one file."""
    return int(settings.RUN_INPUT_MEGABYTES) * 1000 * 1000


def store(*, by: User, project: Project, file: "UploadedFile[Any] | None") -> InputUpload:
    """Store the file for runs of the project; the same content of one person is one upload. Raises NotStored."""
    if file is None:
        raise NotStored(_("Choose a file."))
    if (file.size or 0) > max_bytes():
        text = _("Not uploaded: the file has more than %(limit)s. Upload it to the Data Lake and choose it there.")
        raise NotStored(text % {"limit": size(max_bytes())})
    body = file.read()
    try:
        with transaction.atomic():
            open_project_locked(project)
            _require_room(by, project, hashlib.sha256(body).hexdigest(), len(body))
            stored = StoredFile.objects.keep(body)  # last: a file on the disk is not taken back
            values = {"name": _named(file.name or ""), "created_at": timezone.now()}
            upload, _made = InputUpload.objects.update_or_create(project=project, by=by, stored=stored, defaults=values)
            record("run_input.upload", by=by, subject=f"run-input/{project.slug}/{upload.pk}", size=stored.size)
    except ProjectClosed as closed:
        raise NotStored(str(closed)) from closed
    return upload


def _require_room(by: User, project: Project, sha256: str, length: int) -> None:
    others = InputUpload.objects.filter(project=project).exclude(stored__sha256=sha256)
    if others.filter(by=by).unused().count() >= MAX_UNUSED:
        text = _("Not uploaded: you have %(limit)s files here that no run reads. They are deleted after 7 days.")
        raise NotStored(text % {"limit": MAX_UNUSED})
    used = others.aggregate(total=Sum("stored__size"))["total"] or 0
    limit = FILES_OF_PROJECT * max_bytes()
    if used + length > limit:
        text = _("Not uploaded: the uploaded inputs of this project use %(used)s of %(limit)s. Upload the file to the Data Lake.")
        raise NotStored(text % {"used": size(used), "limit": size(limit)})


def _named(name: str) -> str:
    """The last part of a name, as any browser sends it, on one line."""
    last = PurePosixPath(PureWindowsPath(storable(name)).name).name
    return " ".join(plain(last).split())[:MAX_NAME] or "file"


def forget() -> None:
    """Delete uploads that no run reads and whose time is over; their contents go with the sweep of stored files."""
    InputUpload.objects.expired().delete()


def erase(user: User, _pseudonym: str) -> None:
    """What no run reads goes with the person; the rest stays with the runs, under the pseudonym."""
    InputUpload.objects.filter(by=user).unused().delete()


data_export.register_eraser(erase)
