"""Refuses requests that no database, header or address of the portal can carry: with NUL, or in an encoding other than UTF-8.

Refused with 400 and words: in the address and in the question behind it. In the fields of a form it is the form that says so, and keeps
what was typed; where a view stores a field as it came, the database's refusal becomes a 400. A cookie that holds such a thing is
passed over, for a browser would send it again with every page. Bytes that are no UTF-8 arrive as U+FFFD (Django). What services send is
cleaned by `vre_portal.text.storable`, in `Reply.json` and wherever else their text is kept.
"""

import codecs
from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils.translation import gettext_lazy as _

from vre_portal.limits import FORMS, refuse
from vre_portal.text import is_storable

IN_ADDRESS = _("The address contains a character that is not allowed (NUL). Check the link that you followed. Nothing was changed.")
IN_FORM = _("The form contains a character that cannot be stored (NUL). Remove it and submit the form again.")
IN_TYPE = _("The Content-Type of the request is not valid. Send a valid one. Nothing was changed.")
IN_CODING = _("The request is not encoded in UTF-8. Send it as UTF-8. Nothing was changed.")


def is_utf8(request: HttpRequest) -> bool:
    """Whether the request names no encoding or UTF-8; by any other, even its address would be read."""
    named = request.content_params.get("charset") if request.content_params else None
    try:
        return not named or codecs.lookup(named).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return True  # what nobody knows is passed over


def fault_of_address(request: HttpRequest) -> str:
    """What is wrong with where the request goes and what it asks; empty where nothing is."""
    if getattr(request, "has_unreadable_content_type", False):
        return str(IN_TYPE)
    if not is_utf8(request):
        return str(IN_CODING)
    query = str(request.META.get("QUERY_STRING", ""))
    return str(IN_ADDRESS) if not is_storable(request.path_info) or "%00" in query or "\0" in query else ""


def fault_of_form(request: HttpRequest) -> str:
    """What is wrong with the fields of a form; files may hold anything."""
    if request.method != "POST" or request.content_type not in FORMS:
        return ""
    try:
        fields = request.POST.lists()
    except (RawPostDataException, UnreadablePostError):
        return ""  # whoever reads it next says so
    good = all(is_storable(name) and all(is_storable(str(value)) for value in values) for name, values in fields)
    return "" if good else str(IN_FORM)


class RequestGuard:
    """Middleware: before anything looks at the session, and the form just before its view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if fault := fault_of_address(request):
            request.encoding = "utf-8"  # the page of the refusal reads the address, too
            return refuse(request, 400, fault)
        if any(not is_storable(value) for value in request.COOKIES.values()):
            request.COOKIES = {name: value for name, value in request.COOKIES.items() if is_storable(value)}
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Forms say themselves what is wrong with a field, beside what was typed; a view that took the field as it came is told here."""
        fault = fault_of_form(request) if isinstance(error, ValueError | DataError) else ""
        return refuse(request, 400, fault) if fault else None


middleware = RequestGuard
