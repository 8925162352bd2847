"""What each answer tells browsers and caches beyond Django's own headers, and which form of it they take."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PERMISSIONS = (
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
ALWAYS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in PERMISSIONS),
}
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)", re.IGNORECASE)


def accepts_gzip(request: HttpRequest) -> bool:
    """Whether the request asks for gzip; no where it says `gzip;q=0`."""
    return _GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")) is not None


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Close what no page uses; keep what a person was shown, or a cookie, out of every cache that the view did not speak of."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in ALWAYS.items():
            response.setdefault(name, value)
        if response.cookies or settings.SESSION_COOKIE_NAME in request.COOKIES:
            if not is_static(request):
                response["Cache-Control"] = response.get("Cache-Control", "private, no-store").replace("public", "private")
        else:
            response.setdefault("Cache-Control", "no-cache")  # to be asked for again: who may see a thing can change at any moment
        return response

    return handle


def is_static(request: HttpRequest) -> bool:
    """Whether this is a file of the portal's own, the same for everybody."""
    return request.path_info.startswith(settings.STATIC_URL)
