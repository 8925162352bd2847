"""Hits and facets as templates and programs are given them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vre_portal.search import facets, snippets, sources
from vre_portal.search.audiences import Reader
from vre_portal.search.facets import address
from vre_portal.search.find import SearchHit, SearchPage
from vre_portal.search.query import ParsedQuery
from vre_portal.search.sources import TypeLabel

EXAMPLES = ("type:dataset neutrino", 'keyword:"dark matter"', "type:run created>2026-01", "spectrum -background")
UNKNOWN = TypeLabel("", "file", "")


@dataclass(frozen=True)
class ShownHit:
    """A hit with what is to be marked in it."""

    hit: SearchHit
    label: str
    icon: str
    title: SafeString
    subtitle: SafeString | str
    snippet: SafeString | str
    thing: str  # as people collect it; empty for what they cannot


def shown(hit: SearchHit, marked: frozenset[str], thing: str = "") -> ShownHit:
    """A hit for the page."""
    label = sources.types().get(hit.type, UNKNOWN)
    subtitle = snippets.html(snippets.pieces(hit.subtitle, marked)) if hit.subtitle else ""
    snippet = snippets.html(snippets.snippet(hit.text, marked)) if hit.text else ""
    title = snippets.html(snippets.pieces(hit.title, marked))
    return ShownHit(hit, str(label.one), label.icon, title, subtitle, snippet, thing)


def context(query: ParsedQuery, page: SearchPage, sort: str, reader: Reader) -> dict[str, Any]:
    """What the page shows of a search."""
    marked = snippets.sought(query)
    collected = sources.things_of((hit.kind, hit.key) for hit in page.hits)
    following = address(query.text, sort=sort, after=page.following) if page.following else ""
    return {
        "query": query,
        "page": page,
        "hits": [shown(hit, marked, collected.get((hit.kind, hit.key), "")) for hit in page.hits],
        "can_collect": bool(collected),
        "groups": facets.groups(query, page, sort, reader),
        "bars": facets.histogram(query, page.months, sort),
        "any_date_url": address(query.with_dates("", ""), sort=sort) if query.dates else "",
        "sort": sort,
        "next_url": following,
        "sorts": [("", _("Relevance"), address(query.text)), ("newest", _("Newest"), address(query.text, sort="newest"))],
        "types": sorted(sources.types().items(), key=lambda pair: str(pair[1].label)),
        "examples": [(text, address(text)) for text in EXAMPLES],
        "starts_with": query.search_words[-1] if any(term.starts for term in query.terms) else "",
        "chart": {"width": facets.WIDTH, "height": facets.HEIGHT},
    }


def row_of(request: HttpRequest, hit: SearchHit, query: ParsedQuery) -> dict[str, Any]:
    """A hit as `?format=json` and CSV give it."""
    return {
        "type": hit.type,
        "title": hit.title,
        "subtitle": hit.subtitle,
        "snippet": snippets.joined(snippets.snippet(hit.text, snippets.sought(query))),
        "url": request.build_absolute_uri(hit.url),
        "projects": hit.values("project"),
        "keywords": hit.values("keyword"),
        "created": hit.created,
        "changed": hit.changed,
    }
