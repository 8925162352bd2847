"""Answers public pages from memory to those without a session, and keeps what may be kept; closed by default.

Stands after what every answer needs (headers, content security policy, the guard of requests) and before sessions, so that nothing here can
know a person. A page is kept only if its view is a `public_page` and the answer carries nothing of the visitor's: no cookie, no token of a
form, no nonce, no header that is not listed.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.csp import CSP, build_policy

from vre_portal.context_processors import THEMES
from vre_portal.pages import frame, triggers, versions
from vre_portal.pages.store import CachedPage, Key, Store

logger = logging.getLogger(__name__)
# What the views and the middleware between may say of a page that is for everybody.
SHARED_HEADERS = frozenset({"content-type", "content-length", "content-language", "link", "vary", "x-frame-options"})
PERSONAL_COOKIES = (settings.SESSION_COOKIE_NAME, "messages")
LOCALE = "django.middleware.locale.LocaleMiddleware"
pages = Store(settings.PAGE_CACHE_MEGABYTES * 1024 * 1024)


class PageCache:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.is_translated = LOCALE in settings.MIDDLEWARE
        self.vary = ", ".join(("Accept-Encoding", "Cookie", "HX-Request", *(["Accept-Language"] if self.is_translated else [])))
        self.is_watched = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = self.key(request) if pages.max_bytes and is_for_everybody(request) else None
        if key is None:
            return self.get_response(request)
        page = pages.get(key)
        if page is not None and (now := versions.read()) is not None and page.is_current(now):
            return page.answer(request)
        request.may_keep_page = True  # type: ignore[attr-defined]
        response = self.get_response(request)
        made = self.page(request, response)
        if made is None or not self.has_triggers():
            return response
        pages.put(key, made)
        return made.answer(request)

    def key(self, request: HttpRequest) -> Key:
        """What the answer depends on beside the versions."""
        theme = request.COOKIES.get("theme", "") if "HTTP_COOKIE" in request.META else ""
        return (
            request.scheme or "",
            request.get_host(),
            request.path,
            theme if theme in THEMES else "",
            "fragment" if request.META.get("HTTP_HX_REQUEST") == "true" else "",
            translation.get_language_from_request(request) if self.is_translated else "",
            frame.variant_of(request) if "HTTP_COOKIE" in request.META else "",
        )

    def page(self, request: HttpRequest, response: HttpResponseBase) -> CachedPage | None:
        """What may be kept of an answer, or None."""
        shows = getattr(response, "shows", None)
        if shows is None or not isinstance(response, HttpResponse) or response.status_code != 200 or response.cookies:
            return None
        if request.META.get("CSRF_COOKIE_NEEDS_UPDATE") or getattr(request, "_csp_nonce", None):
            return None
        if any(name.lower() not in SHARED_HEADERS for name in response.headers):
            return None
        before, topics, until = shows
        kept = {name: value for name, value in response.headers.items() if name.lower() not in ("vary", "content-length")}
        if not hasattr(response, "_csp_config"):  # of a page without nonce it is always the same; where it stands, Django makes no other
            kept[str(CSP.HEADER_ENFORCE)] = build_policy(settings.SECURE_CSP)
        return CachedPage.of(response, {**kept, "Vary": self.vary}, before, topics, until)

    def has_triggers(self) -> bool:
        """Whether the database makes the versions; asked until it is so."""
        if not self.is_watched:
            lacking = triggers.missing()
            self.is_watched = not lacking
            if lacking:
                logger.error("no page is kept: the database lacks %s; run manage.py migrate", ", ".join(sorted(lacking)))
        return self.is_watched


def is_for_everybody(request: HttpRequest) -> bool:
    """Whether nothing in the request can make its answer another one than a stranger's; what is asked for by a query is computed."""
    if request.method not in ("GET", "HEAD") or request.META.get("QUERY_STRING"):
        return False
    if request.META.get("HTTP_HX_REQUEST", "true") != "true":  # no browser sends another value: what a view makes of it is not kept
        return False
    return "HTTP_COOKIE" not in request.META or not any(name in request.COOKIES for name in PERSONAL_COOKIES)


middleware = PageCache
