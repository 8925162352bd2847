"""Takes cookies from requests to the API, so that no page of somebody else acts by a browser's session there."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PATHS = ("/api/", "/esap-api/")


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The caller is who the Authorization header says, and nobody else: neither a session nor a CSRF token is looked for."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PATHS):
            request.COOKIES = {}
        return get_response(request)

    return handle
