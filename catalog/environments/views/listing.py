"""The list of environments."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from catalog.environments.configured import known_problems
from catalog.environments.listing import FACETS, Found, Row, find, labels
from catalog.environments.permissions import can_add
from catalog.environments.views.described import as_dict
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.page_head import PageHead
from vre_portal.pages import part_version, public_page
from vre_portal.tables import listing, page_size

PAGE = 25


def query_of(request: HttpRequest) -> dict[str, str]:
    """What the reader looks for."""
    return {name: request.GET.get(name, "").strip()[:200] for name in ("q", "package", *FACETS)}


def address(query: dict[str, str], **changes: str) -> str:
    """The same page with other parameters; empty ones are left out."""
    return "?" + urlencode({name: value for name, value in {**query, **changes}.items() if value})


@require_GET
@login_not_required
@public_page("environments", "people")
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """All environments, those that are offered first; searched and narrowed."""
    query = query_of(request)
    if request.GET.get("format"):
        found, page = page_of(request, query)
        following = request.build_absolute_uri(address(query, page=str(page.next_page_number()))) if page.has_next() else None
        rows = [as_dict(request, row.environment) | _package(found, row) for row in page]
        if document := listing(request, rows, following=following, filename="environments"):
            return document
    body = partial(list_context, request, query)
    description = _("Container images for notebooks and workflow steps, with what is in them.")
    head = PageHead(title=_("Environments"), description=description, path=request.path)
    context = {"query": query, "version": part_version("environments"), "asked": request.GET.urlencode(), "body": body, "head": head}
    return render(
        request,
        "environments/index.html",
        {**context, "can_add": can_add(request.user), "problems": known_problems() if can_add(request.user) else []},
    )


def page_of(request: HttpRequest, query: dict[str, str]) -> tuple[Found, Page[Row]]:
    """All that is found, and a page of it."""
    found = find(query)
    return found, Paginator(found.rows, page_size(request, PAGE)).get_page(request.GET.get("page"))


def _package(found: Found, row: Row) -> dict[str, str]:
    return {"found": " ".join(row.found)} if found.condition else {}


def list_context(request: HttpRequest, query: dict[str, str]) -> dict[str, Any]:
    """What the list shows, to everybody the same."""
    found, page = page_of(request, query)
    return {
        "page": page,
        "found": found,
        "facets": facets(found, query),
        "filtered": any(query.values()),
        "where": _("Page %(number)s of %(count)s") % {"number": page.number, "count": page.paginator.num_pages},
        "previous_url": address(query, page=str(page.previous_page_number())) if page.has_previous() else "",
        "next_url": address(query, page=str(page.next_page_number())) if page.has_next() else "",
        "json_url": address(query, format="json"),
        "csv_url": address(query, format="csv"),
    }


def facets(found: Found, query: dict[str, str]) -> list[dict[str, Any]]:
    """Each facet with its values, their counts, and the address that chooses or drops them."""
    names = labels()
    return [
        {
            "title": title,
            "values": [
                {
                    "value": names.get(value, value),
                    "count": count,
                    "chosen": query[name] == value,
                    "url": address(query, **{name: "" if query[name] == value else value}),
                }
                for value, count in found.counts[name].items()
            ],
        }
        for name, title in FACETS.items()
    ]
