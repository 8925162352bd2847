"""What the pages of acts have in common."""

import uuid
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake.reading import Reading
from vre_portal.iam.models import User


def person(request: HttpRequest) -> User:
    """Who is signed in; all these pages are closed to others."""
    return cast(User, request.user)


def key_of(request: HttpRequest) -> uuid.UUID | None:
    """The form's own key, by which the same press twice is one act."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def shown(request: HttpRequest, template: str, look: Reading, context: dict[str, Any]) -> HttpResponse:
    """A page of acts, with what went wrong and the age of what is from memory."""
    return render(request, f"lake_acts/{template}", {"lake": look.lake, "trouble": look.error, "since": look.since, **context})
