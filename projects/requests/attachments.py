"""Files in requests: which may be attached, checked by what is in them, and stored with the comment in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.requests.attachment_types import NotAccepted, accepted_type
from projects.requests.checks import RequestRefused
from projects.requests.models import Request, RequestAttachment, RequestComment
from vre_portal.iam.models import User
from vre_portal.text import plain
from vre_portal.validators import is_invisible

MAX_FILES, MAX_FILES_OF_REQUEST = 5, 40
MAX_BYTES = 5 * 1024 * 1024
MAX_BYTES_OF_DAY = 200 * 1024 * 1024  # of one person, in all requests
MAX_NAME = 120


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be stored."""

    name: str
    content_type: str
    content: bytes


def checked(upload: "UploadedFile[Any]") -> CheckedFile:
    """The file, if its size, its suffix and its content are accepted. Raises NotAccepted."""
    name = safe_name(upload.name or "")
    if (upload.size or 0) > MAX_BYTES:
        text = _("“%(name)s” is larger than %(limit)s MB. Put it into the Data Lake and name its DID.")
        raise NotAccepted(text % {"name": name, "limit": MAX_BYTES // 1024**2})
    content = upload.read(MAX_BYTES + 1)
    if not content:
        raise NotAccepted(_("“%(name)s” is empty.") % {"name": name})
    return CheckedFile(name, accepted_type(name, content), content)


def safe_name(name: str) -> str:
    """The file's own name without folders and invisible characters, short enough to be shown and saved."""
    last = plain(name).replace("\\", "/").rpartition("/")[2]
    clean = "".join("_" if is_invisible(char) or char in '"<>|:*?\ufffd' else char for char in last).strip(" .") or "file"
    if len(clean) <= MAX_NAME:
        return clean
    stem, dot, suffix = clean.rpartition(".")
    return f"{stem[: MAX_NAME - len(suffix) - 1]}.{suffix}" if dot and len(suffix) <= 10 else clean[:MAX_NAME]


def attach(by: User, request: Request, files: Sequence[CheckedFile], *, comment: RequestComment | None = None) -> None:
    """Store the files, their rows in the transaction of the caller; where that fails later, the bytes stay on disk. Raises RequestRefused."""
    if not files:
        return
    if request.attachments.count() + len(files) > MAX_FILES_OF_REQUEST:
        message = _("A request can have %(limit)s attachments. Put the files into the Data Lake and name their DID.")
        raise RequestRefused(message % {"limit": MAX_FILES_OF_REQUEST})
    today = RequestAttachment.objects.filter(by=by, created_at__gt=timezone.now() - timedelta(days=1)).aggregate(bytes=Sum("size"))
    if (today["bytes"] or 0) + sum(len(item.content) for item in files) > MAX_BYTES_OF_DAY:
        message = _("You can attach %(limit)s MB a day. Attach these files tomorrow, or put them into the Data Lake and name their DID.")
        raise RequestRefused(message % {"limit": MAX_BYTES_OF_DAY // 1024**2})
    for item in files:
        row = RequestAttachment(request=request, comment=comment, by=by, name=item.name, content_type=item.content_type)
        row.size = len(item.content)
        row.file.save(item.name, ContentFile(item.content), save=False)
        row.save(force_insert=True)


def remove_file(instance: RequestAttachment, **_signal: Any) -> None:
    """After the row of an attachment was deleted, however: its file too, once that is certain."""
    if instance.file:
        transaction.on_commit(partial(instance.file.storage.delete, str(instance.file.name)), robust=True)
