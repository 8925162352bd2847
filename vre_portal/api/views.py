"""What views of the API have in common, whether they are ninja's or plain ones."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from vre_portal.api.errors import ApiError, not_found, response_to

View = Callable[..., HttpResponseBase]


def for_programs(view: View) -> View:
    """A view that no session opens: it asks for the caller itself, errors are JSON, and no cache keeps its answers."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **options)
        except Exception as error:  # noqa: BLE001 -- what is not foreseen is logged there
            response = response_to(request, error)
        if response.status_code == 405:
            response = response_to(request, method_not_allowed(response.headers.get("Allow", "")))
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return csrf_exempt(login_not_required(answered))  # no cookie is looked at, so that no other site's form can act


def method_not_allowed(allowed: str) -> ApiError:
    """405, with the methods that there are."""
    message = _("This address does not take this method.")
    return ApiError(405, "method_not_allowed", message, next_step=_("Use %(methods)s.") % {"methods": allowed}, headers={"Allow": allowed})


@for_programs
def unknown(_request: HttpRequest, rest: str = "") -> HttpResponse:
    """404 as JSON for every other address."""
    raise not_found()
