"""The sitemap: an index of pages of addresses, each from a source that an app registers, with what everybody may see and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from xml.sax.saxutils import escape

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vre_portal.page_head import absolute
from vre_portal.pages import public_page
from vre_portal.xml_text import xml_text

PAGE = 10_000
MAX_PAGES = 5  # of one source: programs that want all of a lake read its lists
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class SitemapEntry:
    """The address of a public page on this site, and when what it shows last changed."""

    path: str
    modified: datetime | None = None


@dataclass(frozen=True)
class SitemapSource:
    """Public pages of one sort: how many there are, a slice of them in a fixed order, and what makes both old."""

    name: str
    count: Callable[[], int]
    entries: Callable[[int, int], Sequence[SitemapEntry]]
    topics: tuple[str, ...] = ()
    until: Callable[[], datetime | None] | None = None

    @property
    def pages(self) -> int:
        """How many pages of the sitemap its addresses fill."""
        return min(-(-self.count() // PAGE), MAX_PAGES)


_sources: dict[str, SitemapSource] = {}


def register(source: SitemapSource) -> None:
    """From now on the sitemap has these pages."""
    _sources[source.name] = source


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponseBase:
    """The pages of the sitemap."""
    topics = sorted({topic for source in _sources.values() for topic in source.topics})
    return public_page(*topics, until=_next_change)(_index)(request)


def _index(request: HttpRequest) -> HttpResponse:
    numbered = [(source.name, number) for source in _sources.values() for number in range(1, source.pages + 1)]
    lines = [f"<sitemap><loc>{_location(reverse('sitemap', args=item))}</loc></sitemap>" for item in numbered]
    return _document("sitemapindex", lines)


@require_safe
@login_not_required
def page(request: HttpRequest, source: str, number: int) -> HttpResponseBase:
    """The addresses of one source, at most PAGE of them."""
    if source not in _sources or not 1 <= number <= MAX_PAGES:
        raise Http404(_("The sitemap has no such page."))
    sitemap = _sources[source]
    return public_page(*sitemap.topics, until=sitemap.until)(partial(_page, sitemap, number))(request)


def _page(source: SitemapSource, number: int, request: HttpRequest) -> HttpResponse:
    entries = source.entries((number - 1) * PAGE, PAGE)
    if not entries:
        raise Http404(_("The sitemap has no such page."))
    return _document("urlset", [_line(entry) for entry in entries])


def _line(entry: SitemapEntry) -> str:
    modified = f"<lastmod>{entry.modified.isoformat(timespec='seconds')}</lastmod>" if entry.modified else ""
    return f"<url><loc>{_location(entry.path)}</loc>{modified}</url>"


def _location(path: str) -> str:
    return escape(xml_text(absolute(path)))


def _document(root: str, lines: Sequence[str]) -> HttpResponse:
    body = f'{_HEAD}<{root} xmlns="{_NAMESPACE}">\n' + "".join(f"{line}\n" for line in lines) + f"</{root}>\n"
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def _next_change() -> datetime | None:
    """When the first source changes by the clock alone."""
    moments = [moment for source in _sources.values() if source.until and (moment := source.until())]
    return min(moments, default=None)
