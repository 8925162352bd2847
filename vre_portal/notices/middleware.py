"""Answers an open page that asks whether its bell is still right, before anything reads a session: with 304 while it is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse

from vre_portal.notices import bell


class QuickBell:
    """Middleware. The tag is signed for one person and holds for half a minute; all else goes the whole way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.path = ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tag = request.META.get("HTTP_IF_NONE_MATCH", "")
        if tag and request.method == "GET" and self.is_bell(request) and bell.is_current(tag.removeprefix("W/").strip('"')):
            return HttpResponseNotModified()
        return self.get_response(request)

    def is_bell(self, request: HttpRequest) -> bool:
        self.path = self.path or reverse("notices:unread")
        return request.path == self.path


middleware = QuickBell
