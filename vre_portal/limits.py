"""How often somebody may ask for what is dear: counted per person and per address in the cache, answered with 429 beyond."""

import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from vre_portal import cache, request_id
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
READING, WRITING = frozenset({"GET", "HEAD"}), frozenset({"POST"})
# People behind one address share it (a lecture, an institute): signed in, it allows this many times what one person may.
SHARED_BY = 20


@dataclass(frozen=True)
class Limited:
    """What a route counts as, by which methods, and whether only when it is asked something."""

    kind: str
    methods: frozenset[str]
    asked: bool = False


SEARCH, LAUNCH = Limited("search", READING, asked=True), Limited("launch", WRITING)
ACT = Limited("act", WRITING)
UPLOAD, DOWNLOAD = Limited("upload", WRITING), Limited("download", READING)
LIMITED = {
    "account_login": Limited("sign-in", WRITING),
    "openid_connect_callback": Limited("sign-in", READING | WRITING),
    "backchannel_logout": Limited("logout", WRITING),
    "projects:search": SEARCH,
    "projects:index": SEARCH,
    "software:index": SEARCH,
    "datalake:live": SEARCH,
    "lake_index:lake": SEARCH,
    "lake_index:complete": SEARCH,
    "lake_index:compare": SEARCH,
    "workflows:launch": LAUNCH,
    "lake_acts:again": ACT,
    "notebooks:open": LAUNCH,
    "workflows:keep": UPLOAD,
    "projects:resource-add": UPLOAD,
    "workflows:file": DOWNLOAD,
    "datalake:download": DOWNLOAD,
    "datalake:preview": DOWNLOAD,
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
    """Count one request; 0 while it is within the limits, else the seconds until the next is."""
    most, seconds = parse(settings.RATE_LIMITS[kind])
    address, user = client_address(request), request.user
    counters = {f"limit:{kind}:address:{address}": most}
    if isinstance(user, User):
        counters = {f"limit:{kind}:person:{user.pk}": most, f"limit:{kind}:people-at:{address}": most * SHARED_BY}
    for name, allowed in counters.items():
        count, left = cache.count(name, seconds)
        if count > allowed:
            if count == allowed + 1:
                logger.warning("too many requests: %s (%s in %s s)", name, allowed, seconds)
            return max(1, left)
    return 0


def refuse(request: HttpRequest, seconds: int) -> HttpResponse:
    """429, as a page or as JSON, that says when to come again."""
    message = f"This may be asked for only so often, so that it stays quick for all. Try again in {seconds} s; nothing was changed."
    response: HttpResponse
    if request.GET.get("format") == "json" or request.headers.get("Accept", "").startswith("application/json"):
        response = JsonResponse({"error": message, "retry_after": seconds, "reference": request_id.current()}, status=429)
    else:
        response = render(request, "429.html", {"message": message}, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "private, no-store"
    return response


class Limits:
    """Middleware: asks before the view runs, after it is known who is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        match = request.resolver_match
        rule = LIMITED.get(match.view_name) if match else None
        if rule is None or request.method not in rule.methods or (rule.asked and not request.GET):
            return None
        wait = overdrawn(rule.kind, request)
        return refuse(request, wait) if wait else None


middleware = Limits
