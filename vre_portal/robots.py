"""What programs that collect pages leave alone: the lake's bytes, and pages that are made for one question."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

# RFC 9309: "*" stands for anything. Pages that only describe are for everybody.
LEAVE = (
    "/accounts/",
    "/me/",
    "/datalake/*/download/",
    "/datalake/*/direct/",
    "/datalake/*/preview/",
    "/datalake/*/zip/",
    "/datalake/*/metalink/",
    "/datalake/*part=",
    "/projects/*/files/",
)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in LEAVE)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
