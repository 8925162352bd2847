"""What a page says where the portal itself fails: its database does not answer (503, to be tried again), or it has a fault (500)."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from vre_portal import request_id

RETRY_SECONDS = 30
AWAY = "The portal's database does not answer. Nothing was changed. Try again in a minute."
FAULT = "The portal met a fault that it did not expect. It has been recorded."


def failed(request: HttpRequest) -> HttpResponse:
    """The page for the exception that is being handled; it asks nothing of the database, and knows nobody."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if away else 500
    response: HttpResponse
    if request.GET.get("format") == "json":
        response = JsonResponse({"error": AWAY if away else FAULT, "reference": request_id.current()}, status=status)
    else:
        response = HttpResponse(render_to_string("database_away.html" if away else "500.html"), status=status)
    if away:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
