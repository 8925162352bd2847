"""How often somebody may ask for what is dear: counted per person and per address in the cache, answered with 429 beyond."""

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

from vre_portal import cache, request_id
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
READING, WRITING = frozenset({"GET", "HEAD"}), frozenset({"POST"})
# People behind one address share it (a lecture, an institute): signed in, it allows this many times what one person may.
SHARED_BY = 20
MEGABYTE = 1024 * 1024
FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


@dataclass(frozen=True)
class Limited:
    """What a route counts as, by which methods, and whether only when it is asked something."""

    kind: str
    methods: frozenset[str]
    asked: bool = False
    strangers: str = ""  # what it counts as without a sign-in, where that is another kind

    def kind_for(self, request: HttpRequest) -> str:
        return self.strangers if self.strangers and not request.user.is_authenticated else self.kind


SEARCH, LAUNCH = Limited("search", READING, asked=True), Limited("launch", WRITING)
ACT = Limited("act", WRITING)
UPLOAD, DOWNLOAD = Limited("upload", WRITING), Limited("download", READING)
PUBLIC_DOWNLOAD = Limited("download", READING, strangers="public-download")
LIMITED = {
    "account_login": Limited("sign-in", WRITING),
    "openid_connect_callback": Limited("sign-in", READING | WRITING),
    "backchannel_logout": Limited("logout", WRITING),
    "projects:people-add": Limited("lookup", WRITING),
    "iam:export": Limited("export", READING),
    "projects:search": SEARCH,
    "projects:index": SEARCH,
    "software:index": SEARCH,
    "datalake:live": SEARCH,
    "lake_index:lake": SEARCH,
    "lake_index:complete": SEARCH,
    "lake_index:compare": SEARCH,
    "lake_acts:again": ACT,
    "lake_acts:ask": ACT,
    "lake_acts:rule-act": ACT,
    "lake_acts:create": ACT,
    "lake_acts:press": ACT,
    "lake_access:scope": ACT,
    "lake_access:request": ACT,
    "lake_access:withdraw": ACT,
    "lake_access:end": ACT,
    "workflows:launch": LAUNCH,
    "notebooks:open": LAUNCH,
    "workflows:keep": UPLOAD,
    "projects:resource-add": UPLOAD,
    "projects:picture-change": UPLOAD,
    "lake_uploads:files": Limited("files", WRITING),
    "lake_uploads:check": Limited("files", WRITING),
    "workflows:file": DOWNLOAD,
    "workflows:file-by-name": DOWNLOAD,
    "workflows:copy-files": LAUNCH,
    "datalake:download": PUBLIC_DOWNLOAD,
    "datalake:direct": DOWNLOAD,
    "datalake:preview": PUBLIC_DOWNLOAD,
    "datalake:zip": PUBLIC_DOWNLOAD,
    "datalake:metalink": PUBLIC_DOWNLOAD,
    "datalake:metadata": ACT,
}


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


def overdrawn(kind: str, request: HttpRequest) -> int:
    """Count one request where it is within the limits, and give 0; else the seconds until one is, and count nothing.

    While nothing can be counted everybody gets in: a portal without its cache is slow, and would otherwise be shut.
    """
    most, seconds = parse(settings.RATE_LIMITS[kind])
    address, user = client_address(request), request.user
    counters = {f"limit:{kind}:address:{address}": most}
    if isinstance(user, User):
        counters = {f"limit:{kind}:person:{user.pk}": most, f"limit:{kind}:people-at:{address}": most * SHARED_BY}
    wait = math.ceil(cache.take(counters, seconds) or 0)
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
    wait = f"{seconds} s" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    message = f"This may be asked for only so often, so that it stays quick for all. Try again in {wait}. Nothing was changed."
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
    message = f"You sent {size / MEGABYTE:.0f} MB, and at most {most} MB can be sent in one form. Nothing was kept and nothing was changed."
    return refuse(request, 413, message, most=most * MEGABYTE)


class Limits:
    """Middleware: asks for the size at once, and for the rest before the view runs, when it is known who is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return too_large(request) or self.get_response(request)  # before anything reads what is sent

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        match = request.resolver_match
        rule = LIMITED.get(match.view_name) if match else None
        if rule is None or request.method not in rule.methods or (rule.asked and not request.GET):
            return None
        wait = overdrawn(rule.kind_for(request), request)
        return too_often(request, wait) if wait else None


middleware = Limits
