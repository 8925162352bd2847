"""The last look at each page: a control character that a template let through is shown as a mark, wherever people read it.

An escape, or a character that turns the direction of text, can make a name read as another one. Templates mark what they know to come from
elsewhere (`untrusted`, `visible`); here no page depends on a template having thought of it.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vre_portal.text import plain

# C0 and C1 save tab and line end, and the characters of `plain`: nearly no page has one, and only such a page is looked at in parts.
_SUSPECT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]|\r(?!\n)")
# What is typed, or read by programs, stays to the letter; then tags, in whose attributes ">" may stand; the rest is text.
_PARTS = re.compile(
    r"""(?P<kept><(textarea|script|style)\b.*?</\2\s*>|<!--.*?-->)|(?P<tag><[a-zA-Z/!][^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>)""",
    re.DOTALL | re.IGNORECASE,
)
# Attributes that are shown or read aloud. A value, an address or what is to be copied is needed to the letter.
_SHOWN = re.compile(
    r"""(?P<before>\s(?:title|alt|placeholder|label|content|summary|aria-[a-z]+)=)(?P<value>"[^"]*"|'[^']*')""", re.IGNORECASE
)


def marked(page: str) -> str:
    """The page with a visible mark in place of each control character in its text and in what its attributes say to people."""
    if not _SUSPECT.search(page):
        return page
    pieces, end = [], 0
    for part in _PARTS.finditer(page):
        pieces += [_text(page[end : part.start()]), part["kept"] or _SHOWN.sub(_attribute, part["tag"])]
        end = part.end()
    return "".join((*pieces, _text(page[end:])))


def _text(text: str) -> str:
    return plain(text.replace("\r\n", "\n"))  # as forms send line ends


def _attribute(found: re.Match[str]) -> str:
    return found["before"] + _text(found["value"])


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Mark the pages and fragments that go out; data, such as JSON and CSV, and files are left as they are."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            page = response.content.decode(response.charset, errors="replace")
            if (shown := marked(page)) is not page:
                response.content = shown.encode(response.charset)
        return response

    return handle
