"""A page of a lake, and where in a long list it begins."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake.reads.reader import LakeReader


def offset_of(request: HttpRequest) -> int:
    """The offset of a page of a long list from its address; 0 where it is not valid."""
    text = request.GET.get("from", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def render_page(request: HttpRequest, template: str, reader: LakeReader, context: dict[str, Any]) -> HttpResponse:
    """A page of the lake, with the reader's error and the age of cached data in its context."""
    return render(request, f"datalake/{template}", {"lake": reader.lake, "trouble": reader.error, "since": reader.since, **context})
