"""How often somebody may make expensive requests: counted per person and per address in the cache, answered with 429 beyond."""

import ipaddress
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vre_portal import cache, request_id
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
READING, WRITING = frozenset({"GET", "HEAD"}), frozenset({"POST"})
# People behind one address share it (a lecture, an institute): signed in, it allows this many times what one person may.
SHARED_BY = 20
MEGABYTE = 1024 * 1024
FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


@dataclass(frozen=True)
class RateLimit:
    """Which of RATE_LIMITS a view counts towards, by which methods, and whether only when something, or one of some things, is asked in the query."""

    kind: str
    methods: frozenset[str]
    needs_query: bool = False
    only_with: frozenset[str] = frozenset()
    visitors_kind: str = ""  # which one without a sign-in, where that is another

    def kind_for(self, request: HttpRequest) -> str:
        return self.visitors_kind if self.visitors_kind and not request.user.is_authenticated else self.kind

    def applies_to(self, request: HttpRequest) -> bool:
        if self.only_with and not any(request.GET.get(name) for name in self.only_with):
            return False
        return request.method in self.methods and bool(request.GET or not self.needs_query)


SIGN_IN, SIGN_IN_CALLBACK, LOGOUT = RateLimit("sign-in", WRITING), RateLimit("sign-in", READING | WRITING), RateLimit("logout", WRITING)
SEARCH, LOOKUP = RateLimit("search", READING, needs_query=True), RateLimit("lookup", WRITING)
LAUNCH, ACT = RateLimit("launch", WRITING), RateLimit("act", WRITING)
UPLOAD, UPLOAD_PARTS = RateLimit("upload", WRITING), RateLimit("files", WRITING)
DOWNLOAD, PUBLIC_DOWNLOAD = RateLimit("download", READING), RateLimit("download", READING, visitors_kind="public-download")
EXPORT = RateLimit("export", READING)
UNSUBSCRIBE = RateLimit("unsubscribe", READING | WRITING)


def rate_limited[View: Callable[..., Any]](limit: RateLimit) -> Callable[[View], View]:
    """Decorator of a view: its requests count towards the limit, and get 429 beyond. The middleware asks for it before the view runs."""

    def mark(view: View) -> View:
        view.rate_limit = limit  # type: ignore[attr-defined]  # decorators around it take it over, as Django's own marks
        return view

    return mark


def limit_of(view: Any) -> RateLimit | None:
    """The limit that a view was given by `rate_limited`; None for others."""
    return getattr(view, "rate_limit", None)


def client_address(request: HttpRequest) -> str:
    """Whom the request comes from: the peer, or what the outermost of our own TRUSTED_PROXIES says of its peer.

    Each proxy appends one entry to X-Forwarded-For; what stands before ours was written by the client and is never read.
    An IPv6 network of /64 is one address, for one machine has all of it.
    """
    found, hops = request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXIES
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(told) >= hops:
        found = told[-hops]
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def parse(rate: str) -> tuple[int, int]:
    """ "30/60" is thirty in sixty seconds."""
    count, _, seconds = rate.partition("/")
    return int(count), int(seconds)


def seconds_until_allowed(kind: str, request: HttpRequest) -> int:
    """Count one request where it is within the limits, and give 0; else the seconds until one is, and count nothing.

    While nothing can be counted everybody gets in: a portal without its cache is slow, and would otherwise be shut.
    """
    most, seconds = parse(settings.RATE_LIMITS[kind])
    address, user = client_address(request), request.user
    counters = {f"limit:{kind}:address:{address}": most}
    if isinstance(user, User):
        counters = {f"limit:{kind}:person:{user.pk}": most, f"limit:{kind}:people-at:{address}": most * SHARED_BY}
    wait = math.ceil(cache.acquire_slots(counters, seconds) or 0)
    first = next(iter(counters))
    if wait and caches["default"].add(f"{first}:told", True, seconds):
        logger.warning("too many requests: %s (%s in %s s)", first, most, seconds)
    return wait


def refuse(request: HttpRequest, status: int, message: str, **facts: int) -> HttpResponse:
    """The refusal as a page or as JSON."""
    response: HttpResponse
    if request.GET.get("format") == "json" or request.headers.get("Accept", "").startswith("application/json"):
        response = JsonResponse({"error": message, **facts, "reference": request_id.current()}, status=status)
    else:
        response = render(request, f"{status}.html", {"message": message}, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """429, which says when to come again."""
    reason = _("The number of requests is limited, so that the portal stays fast for everybody.")
    if seconds < 120:
        what_to_do = _("Try again in %(seconds)s s. Nothing was changed.") % {"seconds": seconds}
    else:
        what_to_do = _("Try again in %(minutes)s min. Nothing was changed.") % {"minutes": math.ceil(seconds / 60)}
    message = f"{reason} {what_to_do}"
    response = refuse(request, 429, message, retry_after=seconds)
    response["Retry-After"] = str(seconds)
    return response


def too_large(request: HttpRequest) -> HttpResponse | None:
    """413 for a form that is larger than it may be; one that does not say how long it is has no body here at all.

    Whatever is no form is read by a view of its own, if at all, and never kept before that.
    """
    if request.content_type not in FORMS:
        return None
    told, most = request.META.get("CONTENT_LENGTH") or "0", settings.UPLOAD_MEGABYTES
    size = int(told[:18]) if told.isdecimal() else 0
    if size <= most * MEGABYTE:
        return None
    message = _("You sent %(size)s MB, but a form can take at most %(limit)s MB. Nothing was saved or changed.") % {
        "size": f"{size / MEGABYTE:.0f}",
        "limit": most,
    }
    return refuse(request, 413, message, most=most * MEGABYTE)


class Limits:
    """Middleware: asks for the size at once, and for the rest before the view runs, when it is known who is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return too_large(request) or self.get_response(request)  # before anything reads what is sent

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        limit = limit_of(view)
        if limit is None or not limit.applies_to(request):
            return None
        wait = seconds_until_allowed(limit.kind_for(request), request)
        return too_often(request, wait) if wait else None


middleware = Limits
