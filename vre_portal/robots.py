"""What programs that collect pages leave alone: the lake's bytes, and pages that are made for one question."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from vre_portal.page_head import absolute
from vre_portal.services import ServiceKind, services

BYTES = ("download", "direct", "preview", "zip", "metalink")
# RFC 9309: "*" stands for anything. Pages that only describe are for everybody.
LEAVE = (
    "/accounts/",
    "/me/",
    "/search/",
    *(f"/datalake/*/{kind}/" for kind in BYTES),
    "/datalake/*part=",
    "/projects/*/files/",
)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt. Programs from before RFC 9309, as wget and Python's own, know no "*": for them each lake is named."""
    named = (f"/datalake/{lake.name}/{kind}/" for lake in services(ServiceKind.RUCIO) for kind in BYTES)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in (*LEAVE, *named)), "", f"Sitemap: {absolute(reverse('sitemap-index'))}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
