"""Compressed pages, where nothing that a stranger can send stands beside what only one person may read (docs/decisions/compression.md)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

from vre_portal.headers import accepts_gzip

TYPES = frozenset({"text/html", "application/json", "application/atom+xml", "text/csv"})


def can_compress(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the length of the compressed answer tells an onlooker nothing.

    A visitor's answer holds no secret. A signed-in person's may: it is compressed only where its text owes nothing to the query
    or to a form, and not on an error page, which repeats any address that somebody makes up.
    """
    if response.streaming or response.get("Content-Type", "").partition(";")[0] not in TYPES:
        return False
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and settings.SESSION_COOKIE_NAME not in response.cookies:
        return True
    return response.status_code == 200 and request.method in ("GET", "HEAD") and not request.META.get("QUERY_STRING")


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Compress with Django's gzip, whose random padding blurs the length; what is compressed already is left as it is."""
    gzip = GZipMiddleware(get_response)

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not can_compress(request, response):
            return response
        if not accepts_gzip(request):  # Django's would take `gzip;q=0` for a yes
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        compressed: HttpResponseBase = gzip.process_response(request, response)
        return compressed

    return handle
