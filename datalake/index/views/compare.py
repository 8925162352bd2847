"""A page of search results compared with Rucio."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.index import search, tasks
from datalake.index.models import IndexEntry
from datalake.index.query import Query, read
from datalake.index.visitors import IndexAccess, access_of
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.reads.reader import LakeReader
from datalake.rucio import bulk
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.services import Service
from vre_portal.tables import listing


@dataclass
class Difference:
    """The differences between Rucio and the index."""

    new: list[tuple[str, str, str]] = field(default_factory=list)  # scope, name, page
    gone: list[tuple[str, str, str]] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    unasked: list[tuple[str, str]] = field(default_factory=list)  # scopes that Rucio does not tell about, and why

    @property
    def any(self) -> bool:
        return bool(self.new or self.gone or self.changed)


@lake_page
@rate_limited(SEARCH)
def compare(request: HttpRequest, lake: Service) -> HttpResponse:
    """One page of a search, compared with Rucio; starts an update of the index where they differ."""
    look, query, after = access_of(request, lake), read(request.GET), request.GET.get("after", "")
    reader = reader_for(request, lake, _("compare search results with Rucio"))
    if reader.refusal is not None:
        raise reader.refusal
    with search.statement_timeout():
        page = search.page(query, look.scopes, after)
    difference = differences(look, query, page, after, reader)
    if difference.any:
        tasks.sync_one.delay(lake.name)
    rows = [{"what": what, "scope": item[0], "name": item[1]} for what in ("new", "gone", "changed") for item in getattr(difference, what)]
    rows += [{"what": "unasked", "scope": scope, "name": reason} for scope, reason in difference.unasked]
    document = listing(request, rows, following=None, filename="differences")
    context = {"lake": lake, "found": difference, "checked": len(page.entries), "query": query, "listed": listed(query, look)}
    return document or render(request, "lake_index/compare.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]


def listed(query: Query, look: IndexAccess) -> bool:
    """Whether Rucio can be asked for the same list, so that what is new can be told as well."""
    plain = not (query.groups or query.sized or query.dated) and query.sort == "name"
    return plain and len(search.chosen(query, look.scopes)) == 1


def differences(look: IndexAccess, query: Query, page: search.EntryPage, after: str, reader: LakeReader) -> Difference:
    """Each entry of the page against what Rucio says of it, and the names that the page does not have."""
    difference = Difference()
    entries = {(item.scope.name, item.name): item for item in page.entries}
    by_scope = groupby(sorted(entries), key=lambda pair: pair[0])
    reads = [(scope, reader.fetch(bulk.get_records, scope, tuple(name for _, name in pairs))) for scope, pairs in by_scope]
    for scope, records_read in reads:
        if records_read.result.error is not None and any(other.result.error is None for _, other in reads):
            difference.unasked.append((scope, str(records_read.result.error)))
            continue
        records = {row.name: row for row in records_read.result.required()}
        for (where, name), entry in entries.items():
            if where == scope:
                note(difference, look, entry, records.get(name))
    if listed(query, look):
        scope = search.chosen(query, look.scopes)[0].name
        place = search.decode_cursor(after, search.order_of(query, look.scopes))
        pattern = query.pattern if "*" in query.pattern else f"*{query.pattern}*" if query.pattern else "*"
        rows = reader.fetch(
            rucio.list_dids, scope, pattern=pattern, type=query.type, after=place[0] if place else None, limit=search.PAGE
        ).result.required()
        last = page.entries[-1].name if page.following else None
        difference.new = addressed(
            look, ((row.scope, row.name) for row in rows if (row.scope, row.name) not in entries and (last is None or row.name < last))
        )
    return difference


def note(difference: Difference, look: IndexAccess, entry: IndexEntry, record: bulk.DidRecord | None) -> None:
    """What Rucio says of one entry. The size of an open collection is not in its row."""
    pair = addressed(look, [(entry.scope.name, entry.name)])
    if record is None:
        difference.gone += pair
    elif record.open != entry.open or (not record.open and (record.bytes, record.length) != (entry.size, entry.length)):
        difference.changed += pair


def addressed(look: IndexAccess, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(scope, name, did_address("did", look.lake.name, scope, name)) for scope, name in pairs]
