"""A badge that leads to the launch form of a workflow of a public project: a drawing without anything personal, and how it is put on a page."""

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.html import escape
from django.utils.http import quote_etag, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.launching.actions import MAX_LINK
from projects.workflows.models import Specification
from projects.workflows.pages import TAB
from vre_portal.text import plain

KEPT_SECONDS = 3600
CHARACTER = 7  # pixels of a letter of the drawing, on average
MAX_TITLE = 40
PREFIXES, NAMES = ("p-", "i-", "l-", "o-"), ("server", "version")  # of the launch form's fields
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {title}">
<title>{label}: {title}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444b57"/><rect x="{left}" width="{right}" height="20" fill="#2457a6"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{left_middle}" y="14">{label}</text><text x="{right_middle}" y="14">{title}</text></g></svg>
"""  # untranslated: markup


@require_safe
@login_not_required
def page(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """What to copy into a README or a page."""
    project = project_for(request.user, slug, Permission.VIEW)
    specification = get_object_or_404(Specification.objects.defer("code"), project=project, name=name)
    values = carried(request.GET.dict())
    texts = snippets(project, specification, values)
    page = {"specification": specification, "snippets": texts, "drawing": drawing_address(project, name), "values": values}
    context = project_context(request, project, TAB, **page)
    return render(request, "workflows/badge.html", context)


def carried(query: dict[str, str]) -> dict[str, str]:
    """The values of the launch form in an address, which the badge's link takes along; none where there are too many for an address."""
    found = {name: value for name, value in query.items() if name.startswith(PREFIXES) or name in NAMES}
    return found if len(urlencode(found)) <= MAX_LINK else {}


def snippets(project: Project, specification: Specification, values: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """The badge in each language of markup; its link fills in the values."""
    query = urlencode({"specification": specification.name, **(values or {})})
    link = address(reverse("workflows:launch", args=[project.slug])) + "?" + query
    picture = address(drawing_address(project, specification.name))
    words = _("Launch this workflow")
    return [
        ("Markdown", f"[![{words}]({picture})]({link})"),
        ("HTML", f'<a href="{escape(link)}"><img src="{picture}" alt="{words}"></a>'),
        ("reStructuredText", f".. image:: {picture}\n   :target: {link}\n   :alt: {words}"),
    ]


def drawing_address(project: Project, name: str) -> str:
    """Where the drawing is, on this portal."""
    return reverse("workflows:badge-drawing", args=[project.slug, name])


def address(path: str) -> str:
    """A path with the portal in front, for other sites."""
    return f"{settings.PORTAL_URL.rstrip('/')}{path}"


@require_safe
@login_not_required
def drawing(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The badge, for everybody alike: only of a public project, so that caches may keep it."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.is_public:
        raise Http404(_("Only workflows of public projects have a badge."))
    specification = get_object_or_404(Specification.objects.only("title"), project=project, name=name)
    body = drawn(_("launch"), specification.title)
    tag = quote_etag(hashlib.sha256(body.encode()).hexdigest()[:24])
    response = get_conditional_response(request, etag=tag) or HttpResponse(body, content_type="image/svg+xml; charset=utf-8")
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # it is there to be shown on other sites
    return response


def drawn(label: str, title: str) -> str:
    """The drawing with two words, whatever they are."""
    title = title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…"
    left, right = (CHARACTER * len(words) + 12 for words in (label, title))
    values = {"width": left + right, "left": left, "right": right, "left_middle": left // 2, "right_middle": left + right // 2}
    return SVG.format(**values, label=escape(plain(label)), title=escape(plain(title)))
