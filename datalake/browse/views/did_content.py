"""What is inside of a collection, a page at a time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake import rucio
from datalake.browse.views.did_reads import DidReads
from datalake.pages.addresses import did_address
from datalake.pages.rendering import offset_of, render_page
from datalake.reads.pending import ReadResult
from datalake.reads.reader import LakeReader
from vre_portal.tables import listing, row

PAGE = 50
MAX_SHOWN = 1000  # rows with which a page opens again


def shown_before(request: HttpRequest) -> int:
    """The number of rows with which the page opens: `shown` of the address, within bounds, so that a reader comes back to the same rows."""
    text = request.GET.get("shown", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else PAGE
    return min(max(number, PAGE), MAX_SHOWN)


def content(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """A page of the content: rows for htmx, data for scripts, or a page of its own.

    Raises RemoteError where it is not known, except for the first rows of a DID's page, which show the error instead.
    """
    begin, is_on_page, is_fragment = offset_of(request), request.GET.get("page") == "whole", bool(request.htmx)  # type: ignore[attr-defined]
    count = PAGE if begin else shown_before(request)
    reads = DidReads(reader, scope, name, rows=count)
    result = reader.fetch(rucio.list_content_page, scope, name, begin, count).result
    if not (is_on_page and is_fragment and not begin):
        result.required()
    context = children_of(reads, begin, count, result, is_on_page=is_on_page)
    wanted = {"format": request.GET["format"]} if "format" in request.GET else {}
    following = page_address(reads, begin + count, **wanted) if context["more"] else None
    rows = [row(entry["did"], page=entry["page"]) for entry in context["children"]]
    made = listing(request, rows, following=following, filename="content")
    if made is not None:
        return made
    if is_fragment:
        return render(request, "datalake/children.html", context | {"lake": reader.lake})
    return render_page(request, "content.html", reader, {**context, "name": name, "page": reads.address()})


def first_children(request: HttpRequest, reads: DidReads) -> dict[str, Any]:
    """The rows with which the DID's page opens."""
    return children_of(reads, 0, shown_before(request), reads.content.result, is_on_page=True)


def children_of(
    reads: DidReads, begin: int, count: int, result: ReadResult[rucio.ListingPage[rucio.Did]], *, is_on_page: bool
) -> dict[str, Any]:
    """One page of what is inside, each child with its addresses, and whether there is more. On a page that is about this DID
    the address keeps how many rows are shown.

    Places are counted as Rucio counts them: what the reader may not see makes a page shorter and moves nothing to another one.
    """
    page, lake, end = result.value or rucio.ListingPage[rucio.Did](), reads.reader.lake.name, begin + count
    on_page = {"page": "whole"} if is_on_page else {}
    return {
        "children": [
            {
                "did": child,
                "page": did_address("did", lake, child.scope, child.name),
                "download": did_address("download", lake, child.scope, child.name) if child.type == "FILE" else "",
            }
            for child in page.rows
        ],
        "more": page_address(reads, end, **on_page) if page.more else None,
        "most_in_order": None if page.is_in_order else rucio.MOST_IN_ORDER,
        "more_address": reads.address(shown=str(end + PAGE)) if is_on_page and end + PAGE <= MAX_SHOWN else "",
        "previous": page_address(reads, max(begin - PAGE, 0)) if begin else None,
        "begin": begin,
        "content_trouble": result.error,
        "content_since": result.since,
        "withheld": result.withheld,
        "signed_in": reads.reader.is_personal,
        "scope": reads.scope,
    }


def page_address(reads: DidReads, begin: int, **query: str) -> str:
    """The address of a page of the content."""
    return reads.address(part="content", **{"from": str(begin)}, **query)
