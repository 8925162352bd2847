"""Starting, cancelling and retrying an upload: the row is written first, then a worker gets a message."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from datalake.naming import fault
from datalake.rucio.name_lookup import find_existing
from datalake.rucio.quota import Quota
from datalake.uploads import capacity, names, spool, tasks
from datalake.uploads.models import Upload, life_end
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token, require_token
from vre_portal.jobs import lease
from vre_portal.services import Service, ServiceKind
from vre_portal.stop_switches.present import require_open
from vre_portal.text import size as size_text

MAX_METADATA_LENGTH = 4000
State = Upload.State


class UploadRejected(ValueError):
    """Something about the file cannot be; the text says what."""


class TooLarge(UploadRejected):
    """It is larger than one file may be."""


class AlreadyUploading(Exception):
    """The person is sending that name already."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(_("You are already uploading %(file)s.") % {"file": upload})
        self.upload = upload


@dataclass(frozen=True)
class UploadRequest:
    """A file that somebody wants in the lake."""

    scope: str
    name: str
    rse: str
    size: int
    dataset: str = ""
    expected: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def begin(lake: Service, user: User, wish: UploadRequest) -> Upload:
    """A row and an empty file, both or none. Raises ServiceStopped, UploadRejected, AlreadyUploading, spool.Full."""
    _check(lake, wish)
    require_token(user, lake, purpose=_("upload a file"))
    _check_dataset(lake, user, wish)
    there = Upload.objects.filter(by=user, lake=lake.name, scope=wish.scope, name=wish.name, state__in=Upload.OPEN).first()
    if there:
        raise AlreadyUploading(there)
    require_open(ServiceKind.RUCIO, lake.name, "uploads")  # one that has begun is completed
    room = capacity.fit(user, lake, wish.rse, wish.size).room
    upload = Upload(by=user, lake=lake.name, **wish.__dict__)
    spool.make(upload.pk)
    try:
        with transaction.atomic():
            spool.admit(user, wish.size)
            _admit(lake, user, wish, room)
            upload.save(force_insert=True)
    except IntegrityError:  # another window was first
        spool.forget(upload.pk)
        raise AlreadyUploading(
            Upload.objects.get(by=user, lake=lake.name, scope=wish.scope, name=wish.name, state__in=Upload.OPEN)
        ) from None
    except BaseException:
        spool.forget(upload.pk)
        raise
    return upload


def _admit(lake: Service, user: User, wish: UploadRequest, room: Quota | None) -> None:
    """Raises Full where the storage element has no room for it; after `spool.admit`, which lets one at a time through."""
    check = capacity.CapacityCheck(wish.rse, wish.size, room, capacity.under_way(user, lake, wish.rse))
    if check.problem:
        raise spool.Full(f"{check.problem} {capacity.advice(lake)}")


def _check(lake: Service, wish: UploadRequest) -> None:
    try:
        names.check(lake, wish.name)
        if wish.dataset:
            names.check(lake, wish.dataset)
    except names.BadName as error:
        raise UploadRejected(str(error)) from None
    if wish.dataset == wish.name:
        raise UploadRejected(_("The dataset and the file must have different names."))
    if wish.rse not in names.targets(lake):
        if not wish.rse:
            raise UploadRejected(_("Choose a storage element."))
        raise UploadRejected(_("Uploads to %(rse)s are not available.") % {"rse": wish.rse})
    if wish.size < 0:
        raise UploadRejected(_("The size of a file cannot be negative."))
    if wish.size > settings.UPLOAD_FILE_BYTES:
        text = _("The file is too large. The maximum is %(limit)s; for larger files, use the Rucio client.")
        raise TooLarge(text % {"limit": size_text(settings.UPLOAD_FILE_BYTES)})
    if len(json.dumps(wish.metadata)) > MAX_METADATA_LENGTH:
        raise UploadRejected(_("Too much metadata. At most %(limit)s characters are allowed.") % {"limit": MAX_METADATA_LENGTH})


def _check_dataset(lake: Service, user: User, wish: UploadRequest) -> None:
    """The lake's rule is for new names; a dataset that is there keeps the one that it has."""
    why = fault(lake, wish.scope, wish.dataset) if wish.dataset else ""
    if not why:
        return
    token = access_token(user, lake, purpose=_("find a dataset"))
    if wish.dataset not in find_existing(lake, token, wish.scope, [wish.dataset]):
        raise UploadRejected(why)


def whole(upload: Upload) -> None:
    """All bytes are here: a worker goes on."""
    moved = Upload.objects.filter(pk=upload.pk, state=State.RECEIVING, received=upload.size).update(state=State.CHECKING, **Upload.ANEW)
    if moved:
        enqueue(tasks.proceed, str(upload.pk))


def cancel(upload: Upload) -> bool:
    """Throw it away; False where it is in the lake, or so near that it can no longer be held."""
    gone, _ = Upload.objects.filter(lease.free(), pk=upload.pk).exclude(state=State.DONE).delete()
    if not gone:
        gone, _ = Upload.objects.filter(pk=upload.pk, state=State.RECEIVING).delete()
    if gone:
        spool.forget(upload.pk)
    return bool(gone)


def retry(upload: Upload) -> bool:
    """Try once more what failed; where the portal's copy of the bytes is bad or gone, they have to be sent again."""
    good = upload.is_whole and spool.path(upload.pk).exists() and upload.sha256
    facts: dict[str, Any] = {"state": State.MOVING} if good else {"state": State.RECEIVING, "received": 0, "adler32": 1, "sha256": ""}
    try:
        with transaction.atomic():
            if not good:
                spool.forget(upload.pk)
                spool.make(upload.pk)
            facts |= {**Upload.ANEW, "reason": "", "ended_at": None, "expires_at": life_end()}
            if not Upload.objects.filter(pk=upload.pk, state=State.FAILED).update(**facts):
                return False
            if good:
                enqueue(tasks.proceed, str(upload.pk))
    except IntegrityError:  # the same name is being sent anew
        return False
    return True
