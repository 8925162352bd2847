"""What a stored file looks like on a page, as the Data Lake shows its files."""

import base64
from collections.abc import Callable
from typing import IO, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from datalake.files import previews
from projects.workflows.models import StoredFile
from vre_portal.limits import client_address
from vre_portal.text import is_storable

MAX_TEXT_BYTES, MAX_TEXT_LINES, MAX_WIDTH = 200_000, 5_000, 5_000  # of a text that is shown whole


def text_of(stored: StoredFile, name: str) -> str:
    """All of a file that is text and no table, notebook or the like; empty of another, a long one, or one that is gone: its preview says so."""
    if stored.size > MAX_TEXT_BYTES or previews.kind_of(name) not in ("text", None):
        return ""
    try:
        text = stored.read().decode()
    except (OSError, UnicodeDecodeError):
        return ""
    lines = text.splitlines()
    is_plain = is_storable(text) and "\x1b" not in text and len(lines) <= MAX_TEXT_LINES and all(len(line) <= MAX_WIDTH for line in lines)
    return text if is_plain else ""


def preview_page(
    request: HttpRequest, template: str, page: dict[str, Any], *, name: str, size: int, checksum: str, opened: Callable[[], IO[bytes]]
) -> HttpResponse:
    """The page with the preview of a file that the reader may see."""
    reader = f"person:{request.user.pk}" if request.user.is_authenticated else f"address:{client_address(request)}"
    try:
        with opened() as content:
            made = previews.make_of_stored(name, size, content, checksum=checksum, reader=reader)
    except FileNotFoundError:
        made = previews.Preview(error=_("The portal no longer has this file."))
    parts = [(part, previews.html_of(part), _picture(part)) for part in made.sections]
    response = render(request, template, page | {"preview": made, "parts": parts}, status=503 if made.can_retry else 200)
    response["Cache-Control"] = "private, no-store"
    return response


def _picture(part: dict[str, str]) -> str:
    """The picture as an address that holds it; what is no base64 is left out."""
    try:
        base64.b64decode(part["image"], validate=True)
    except ValueError:
        return ""
    return f"data:image/png;base64,{part['image']}"
