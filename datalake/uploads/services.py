"""Beginning an upload, cancelling it, trying it again: the row first, and a worker is told afterwards."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from datalake.naming import fault
from datalake.rucio.known import known
from datalake.rucio.room import Room
from datalake.uploads import names, rooms, spool, tasks
from datalake.uploads.models import Upload, life_end
from vre_portal.celery import wake
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token, require_token
from vre_portal.jobs import lease
from vre_portal.services import Service

MOST_METADATA = 4000
State = Upload.State


class NotTaken(ValueError):
    """Something about the file cannot be; the text says what."""


class TooLarge(NotTaken):
    """It is larger than one file may be."""


class Already(Exception):
    """The person is sending that name already."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(f"You are sending {upload} already.")
        self.upload = upload


@dataclass(frozen=True)
class Wish:
    """A file that somebody wants in the lake."""

    scope: str
    name: str
    rse: str
    size: int
    dataset: str = ""
    expected: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def begin(lake: Service, user: User, wish: Wish) -> Upload:
    """A row and an empty file, both or none. Raises NotTaken, Already, Full."""
    _check(lake, wish)
    require_token(user, lake, purpose="upload a file")
    _check_dataset(lake, user, wish)
    there = Upload.objects.filter(by=user, lake=lake.name, scope=wish.scope, name=wish.name, state__in=Upload.OPEN).first()
    if there:
        raise Already(there)
    room = rooms.fit(user, lake, wish.rse, wish.size).room
    upload = Upload(by=user, lake=lake.name, **wish.__dict__)
    spool.make(upload.pk)
    try:
        with transaction.atomic():
            spool.admit(user, wish.size)
            _admit(lake, user, wish, room)
            upload.save(force_insert=True)
    except IntegrityError:  # another window was first
        spool.forget(upload.pk)
        raise Already(Upload.objects.get(by=user, lake=lake.name, scope=wish.scope, name=wish.name, state__in=Upload.OPEN)) from None
    except BaseException:
        spool.forget(upload.pk)
        raise
    return upload


def _admit(lake: Service, user: User, wish: Wish, room: Room | None) -> None:
    """Raises Full where the storage element has no room for it; after `spool.admit`, which lets one at a time through."""
    found = rooms.Fit(wish.rse, wish.size, room, rooms.under_way(user, lake, wish.rse))
    if found.problem:
        raise spool.Full(f"{found.problem} {rooms.advice(lake)}")


def _check(lake: Service, wish: Wish) -> None:
    try:
        names.check(lake, wish.name)
        if wish.dataset:
            names.check(lake, wish.dataset)
    except names.BadName as error:
        raise NotTaken(str(error)) from None
    if wish.dataset == wish.name:
        raise NotTaken("The dataset and the file need different names.")
    if wish.rse not in names.targets(lake):
        raise NotTaken(f"Files are not sent to {wish.rse or 'nowhere'} from here.")
    if wish.size < 0:
        raise NotTaken("A file has no negative size.")
    if wish.size > settings.UPLOAD_FILE_BYTES:
        raise TooLarge("The file is larger than what may be sent through the portal. Use the rucio client for it.")
    if len(json.dumps(wish.metadata)) > MOST_METADATA:
        raise NotTaken("That is too much metadata for a file.")


def _check_dataset(lake: Service, user: User, wish: Wish) -> None:
    """The lake's rule is for new names; a dataset that is there keeps the one that it has."""
    why = fault(lake, wish.scope, wish.dataset) if wish.dataset else ""
    if why and wish.dataset not in known(lake, access_token(user, lake, purpose="look for a dataset"), wish.scope, [wish.dataset]):
        raise NotTaken(why)


def whole(upload: Upload) -> None:
    """All bytes are here: a worker goes on."""
    moved = Upload.objects.filter(pk=upload.pk, state=State.RECEIVING, received=upload.size).update(state=State.CHECKING, **Upload.ANEW)
    if moved:
        wake(tasks.proceed, str(upload.pk))


def cancel(upload: Upload) -> bool:
    """Throw it away; False where it is in the lake, or so near that it can no longer be held."""
    gone, _ = Upload.objects.filter(lease.free(), pk=upload.pk).exclude(state=State.DONE).delete()
    if not gone:
        gone, _ = Upload.objects.filter(pk=upload.pk, state=State.RECEIVING).delete()
    if gone:
        spool.forget(upload.pk)
    return bool(gone)


def again(upload: Upload) -> bool:
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
                wake(tasks.proceed, str(upload.pk))
    except IntegrityError:  # the same name is being sent anew
        return False
    return True
