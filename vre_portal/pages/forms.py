"""Forms on public pages carry no token of the visitor's: the browser itself says which page a form was sent from."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this very site sent the form; no where it says nothing, or something else in one of both."""
    site, origin = request.META.get("HTTP_SEC_FETCH_SITE"), request.META.get("HTTP_ORIGIN")
    if origin is None:
        return site == "same-origin"
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return origin in own and site in (None, "same-origin")


def from_own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that take a form of a public page: by what the browser says of where it comes from, and without that by Django's token."""
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response: HttpResponse = (view if is_from_own_page(request) else checked)(request, *args, **options)
        return response

    return handle
