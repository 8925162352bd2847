"""Files in requests: which may be attached, checked by what is in them, and stored with the comment in one transaction."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from projects.requests.checks import RequestRefused
from projects.requests.models import Request, RequestAttachment, RequestComment
from vre_portal.iam.models import User
from vre_portal.text import plain
from vre_portal.validators import is_invisible

MAX_FILES, MAX_FILES_OF_REQUEST = 5, 40
MAX_BYTES = 5 * 1024 * 1024
MAX_NAME = 120
# By suffix: how the file is served, and how it begins. Text has no such mark: it has to be UTF-8 without control characters.
TEXT: dict[str, str] = {"txt": "text/plain", "md": "text/plain", "csv": "text/csv", "json": "application/json", "log": "text/plain"}
TEXT |= {"yaml": "text/plain", "yml": "text/plain", "toml": "text/plain"}
MARKS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "webp": ("image/webp", (b"RIFF",)),
    "zip": ("application/zip", (b"PK\x03\x04", b"PK\x05\x06")),
    "gz": ("application/gzip", (b"\x1f\x8b",)),
    "fits": ("application/fits", (b"SIMPLE  =",)),
}
SUFFIXES = tuple(sorted([*TEXT, *MARKS]))
PICTURES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}


class NotAccepted(ValueError):
    """The file cannot be attached; the text says why."""


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
        raise NotAccepted(_("“%(name)s” is larger than %(limit)s MB.") % {"name": name, "limit": MAX_BYTES // 1024**2})
    content = upload.read(MAX_BYTES + 1)
    if not content:
        raise NotAccepted(_("“%(name)s” is empty.") % {"name": name})
    suffix = name.rpartition(".")[2].lower()
    if suffix in TEXT and is_text(content):
        return CheckedFile(name, TEXT[suffix], content)
    if suffix in MARKS and content.startswith(MARKS[suffix][1]) and (suffix not in PICTURES or is_picture(content, PICTURES[suffix])):
        return CheckedFile(name, MARKS[suffix][0], content)
    if suffix in TEXT or suffix in MARKS:
        raise NotAccepted(_("“%(name)s” does not contain what its name says (%(suffix)s).") % {"name": name, "suffix": suffix})
    text = _("“%(name)s” has a type that is not accepted. Accepted: %(types)s.")
    raise NotAccepted(text % {"name": name, "types": ", ".join(SUFFIXES)})


def is_text(content: bytes) -> bool:
    """Whether it is UTF-8 without control characters."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t\f\ufeff" or not char.isascii() for char in text)


def is_picture(content: bytes, kind: str) -> bool:
    """Whether its head is that of a complete picture of this kind; no pixel is unpacked."""
    from PIL import Image  # here: few processes ever look at one, and all would hold the library

    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as found:
            found.verify()
    except Exception:  # noqa: BLE001 -- a decoder fails in as many ways as a file can be wrong
        return False
    return True


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
    for item in files:
        row = RequestAttachment(request=request, comment=comment, by=by, name=item.name, content_type=item.content_type)
        row.size = len(item.content)
        row.file.save(item.name, ContentFile(item.content), save=False)
        row.save(force_insert=True)


def remove_file(instance: RequestAttachment, **_signal: Any) -> None:
    """After the row of an attachment was deleted, however: its file too, once that is certain."""
    if instance.file:
        transaction.on_commit(partial(instance.file.storage.delete, str(instance.file.name)), robust=True)
