"""Errors as programs read them: `{"error": {"code", "message", "next"}}`, each with the next step."""

import logging
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from vre_portal import request_id
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.errors import SignInAgain
from vre_portal.services import UnknownService
from vre_portal.text import plain

logger = logging.getLogger(__name__)
RETRY_SECONDS = 30  # where the service did not say
MAX_FIELDS = 5  # of a body that are named


class ApiError(Exception):
    """What a program is told instead of an answer."""

    def __init__(self, status: int, code: str, message: str, *, next_step: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.next_step = status, code, message, next_step
        self.headers = dict(headers or {})


def unauthorized(message: str = "") -> ApiError:
    """No token, or one that is not accepted; a refusal never says which of its checks failed."""
    return ApiError(
        401,
        "unauthorized",
        message or _("The token is not valid here, or has expired."),
        next_step=_("Send a valid token as “Authorization: Bearer …”, such as a personal token from your account page."),
        headers={"WWW-Authenticate": 'Bearer realm="api"'},  # untranslated: a header
    )


def too_often(seconds: int) -> ApiError:
    """429, which says when to come again."""
    message = _("The number of requests is limited, so that the portal stays fast for everybody.")
    step = _("Try again in %(seconds)s s.") % {"seconds": seconds}
    return ApiError(429, "too_many_requests", message, next_step=step, headers={"Retry-After": str(seconds)})


def not_found(message: str = "") -> ApiError:
    """404, for what is not there and what the caller may not know of."""
    step = _("Check the address; the description of the API is at /api/openapi.json.")
    return ApiError(404, "not_found", message or _("There is nothing at this address."), next_step=step)


def too_large() -> ApiError:
    """413, for a body that is larger than any that is read."""
    message = _("The body of the request is larger than %(limit)s MB.") % {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 10**6}
    return ApiError(413, "too_large", message, next_step=_("Send less in one request."))


def error_of(error: Exception) -> ApiError:
    """The error that a program is told for an exception."""
    match error:
        case ApiError():
            return error
        case Http404():
            return not_found(plain(str(error)))
        case PermissionDenied():
            return ApiError(403, "forbidden", _("You don't have access to this."), next_step=_("Ask the owner for access."))
        case ValidationError():
            return ApiError(422, "invalid", _fields(error), next_step=_("Correct these values and send the request again."))
        case RequestDataTooBig():
            return too_large()
        case UnreadablePostError():
            return ApiError(400, "invalid", _("The request ended before its end."), next_step=_("Send the request again."))
        case HttpError():
            step = _("Check the request; the description of the API is at /api/openapi.json.")
            return ApiError(error.status_code, "invalid", _("The request cannot be read."), next_step=step)
        case RemoteError():
            return _of_service(error)
        case UnknownService():
            return not_found(_("This portal has no service of this name."))
    logger.error("the API failed", exc_info=error)
    step = _("Try again later. If it happens again, send the administrators this reference: %(reference)s")
    return ApiError(500, "internal", _("The portal has an error."), next_step=step % {"reference": request_id.current()})


def _of_service(error: RemoteError) -> ApiError:
    """The same for what a remote service, or reading it, raised."""
    message, status = str(error), getattr(error, "status", 0)
    if isinstance(error, RemoteUnavailable):
        wait = int(error.retry_after or RETRY_SECONDS)
        return ApiError(503, "unavailable", message, next_step=_("Try again later."), headers={"Retry-After": str(wait)})
    if isinstance(error, SignInAgain):
        return ApiError(403, "sign_in_needed", message, next_step=_("Sign in to the portal in a browser, then try again."))
    if isinstance(error, RemoteRefused) and status == 404:
        return not_found(message)
    return ApiError(403, "forbidden", message, next_step=_("Ask the owner of the data for access."))


def _fields(error: ValidationError) -> str:
    """Which values are wrong, without repeating them."""
    named = [".".join(str(part) for part in item.get("loc", ())[1:]) or "body" for item in error.errors[:MAX_FIELDS]]
    return _("These values are missing or not valid: %(names)s.") % {"names": plain(", ".join(named))[:300]}


def response_to(_request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer for an exception."""
    told = error_of(error)
    body = {"error": {"code": told.code, "message": told.message, "next": told.next_step}}
    return JsonResponse(body, status=told.status, headers={**told.headers, "Cache-Control": "private, no-store"})
