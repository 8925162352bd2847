"""What the pages of operations have in common."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake.reads.reader import LakeReader


def form_key(request: HttpRequest) -> uuid.UUID | None:
    """The form's own key, by which the same press twice is one operation."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def render_operation_page(request: HttpRequest, template: str, reader: LakeReader, context: dict[str, Any]) -> HttpResponse:
    """A page of operations, with what went wrong and the age of what is from memory."""
    return render(request, f"lake_acts/{template}", {"lake": reader.lake, "trouble": reader.error, "since": reader.since, **context})
