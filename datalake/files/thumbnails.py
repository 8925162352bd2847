"""Small copies of pictures that the portal stores, made by the child process that reads previews."""

import base64
import binascii

from django.utils.translation import gettext as _

from datalake.files.preview_places import child_place
from datalake.files.preview_process import read_file

MAX_BYTES = 2 * 1024 * 1024  # of a small copy; a usual one has a twentieth of it


class NoThumbnail(Exception):
    """The picture cannot be made small; the text says why and is safe to show."""


def make_thumbnail(content: bytes) -> bytes:
    """A small WebP of a PNG, JPEG, GIF or WebP, of its first frame. Raises NoThumbnail, and for the moment NoPlace and ChildStopped."""
    with child_place():
        answer = read_file("thumbnail", content, size=len(content), head=len(content), most=len(content), packed=False)
    if answer.get("error"):
        raise NoThumbnail(str(answer["error"]))
    made = _image_of(answer)
    if not _is_webp(made) or len(made) > MAX_BYTES:  # the child may have become whatever it read
        raise NoThumbnail(_("No preview available."))
    return made


def _image_of(answer: dict[str, object]) -> bytes:
    sections = answer.get("sections")
    first = sections[0] if isinstance(sections, list) and sections else None
    image = first.get("image") if isinstance(first, dict) else None
    try:
        return base64.b64decode(str(image or ""), validate=True)
    except binascii.Error:
        return b""


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
