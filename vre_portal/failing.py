"""The answer where the portal itself fails: 503 with a retry where its database does not respond, 500 otherwise."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from vre_portal import request_id

RETRY_SECONDS = 30
AWAY = _("The portal's database is not responding. Nothing was changed. Try again in a minute.")
FAULT = _("An unexpected error occurred. It has been recorded.")


def failed(request: HttpRequest) -> HttpResponse:
    """The error page for the exception that is being handled; it uses neither the database nor the user."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if away else 500
    response: HttpResponse
    if request.GET.get("format") == "json":
        response = JsonResponse({"error": str(AWAY if away else FAULT), "reference": request_id.current()}, status=status)
    else:
        response = HttpResponse(render_to_string("database_away.html" if away else "500.html"), status=status)
    if away:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
