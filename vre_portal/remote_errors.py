"""A remote failure that no view handled becomes a page that names the cause and the next step, never a 500."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from vre_portal import request_id
from vre_portal.form_drafts.services import KEY
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.sign_in.redirects import way_back
from vre_portal.services import UnknownService
from vre_portal.stop_switches.present import ServiceStopped

logger = logging.getLogger(__name__)
RETRY_SECONDS = 30  # where the service did not say


class RemoteErrors:
    """Middleware: RemoteUnavailable answers 503 with a retry, RemoteRefused 502 with the service's reason."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, UnknownService):  # a portal that joins no such service has the pages of it all the same
            error = RemoteUnavailable(str(error))
        if not isinstance(error, RemoteError):
            return None
        logger.warning("%s: %s", type(error).__name__, error)
        refused = isinstance(error, RemoteRefused)
        status = 502 if refused else 503
        response: HttpResponse
        if request.GET.get("format") == "json":
            response = JsonResponse({"error": str(error), "reference": request_id.current()}, status=status)
        else:
            back = way_back(request) if request.method == "POST" else ""
            context = {
                "is_stopped": isinstance(error, ServiceStopped),
                "error": error,
                "reference": request_id.current(),
                "refused": refused,
                "form": back if f"{KEY}=" in back else "",
            }
            response = render(request, "remote_error.html", context, status=status)
        if not refused:
            response["Retry-After"] = str(int(getattr(error, "retry_after", None) or RETRY_SECONDS))
        return response


middleware = RemoteErrors
