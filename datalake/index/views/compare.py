"""The same question to Rucio itself, and what differs from the index."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake import rucio
from datalake.addresses import did_address
from datalake.index import search, tasks
from datalake.index.models import Entry
from datalake.index.query import Query, read
from datalake.index.visitors import Looking, looking
from datalake.reading import Reading
from datalake.rucio import bulk
from datalake.views.shared import lake_page, reading
from vre_portal.services import Service
from vre_portal.tables import listing


@dataclass
class Difference:
    """What Rucio says otherwise."""

    new: list[tuple[str, str, str]] = field(default_factory=list)  # scope, name, page
    gone: list[tuple[str, str, str]] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    unasked: list[tuple[str, str]] = field(default_factory=list)  # scopes that Rucio does not tell about, and why

    @property
    def any(self) -> bool:
        return bool(self.new or self.gone or self.changed)


@lake_page
def compare(request: HttpRequest, lake: Service) -> HttpResponse:
    """One page of a search, looked up in Rucio now."""
    look, query, after = looking(request, lake), read(request.GET), request.GET.get("after", "")
    asking = reading(request, lake, "look in Rucio now")
    if asking.refusal is not None:
        raise asking.refusal
    with search.patience():
        page = search.page(query, look.scopes, after)
    found = differences(look, query, page, after, asking)
    if found.any:
        tasks.fill_one.delay(lake.name)
    rows = [{"what": what, "scope": item[0], "name": item[1]} for what in ("new", "gone", "changed") for item in getattr(found, what)]
    rows += [{"what": "unasked", "scope": scope, "name": reason} for scope, reason in found.unasked]
    made = listing(request, rows, following=None, filename="differences")
    context = {"lake": lake, "found": found, "checked": len(page.entries), "query": query, "listed": listed(query, look)}
    return made or render(request, "lake_index/compare.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]


def listed(query: Query, look: Looking) -> bool:
    """Whether Rucio can be asked for the same list, so that what is new can be told as well."""
    plain = not (query.groups or query.sized or query.dated) and query.sort == "name"
    return plain and len(search.chosen(query, look.scopes)) == 1


def differences(look: Looking, query: Query, page: search.Page, after: str, asking: Reading) -> Difference:
    """Each entry of the page against what Rucio says of it, and the names that the page does not have."""
    found = Difference()
    known = {(item.scope.name, item.name): item for item in page.entries}
    by_scope = groupby(sorted(known), key=lambda pair: pair[0])
    asked = [(scope, asking.ask(bulk.facts_of, scope, tuple(name for _, name in pairs))) for scope, pairs in by_scope]
    for scope, answer in asked:
        if answer.answer.error is not None and any(other.answer.error is None for _, other in asked):
            found.unasked.append((scope, str(answer.answer.error)))
            continue
        told = {row.name: row for row in answer.answer.required()}
        for (where, name), entry in known.items():
            if where == scope:
                note(found, look, entry, told.get(name))
    if listed(query, look):
        scope = search.chosen(query, look.scopes)[0].name
        place = search.opened(after, search.order_of(query, look.scopes))
        pattern = query.pattern if "*" in query.pattern else f"*{query.pattern}*" if query.pattern else "*"
        rows = asking.ask(
            rucio.list_dids, scope, pattern=pattern, type=query.type, after=place[0] if place else None, limit=search.PAGE
        ).answer.required()
        last = page.entries[-1].name if page.following else None
        found.new = addressed(
            look, ((row.scope, row.name) for row in rows if (row.scope, row.name) not in known and (last is None or row.name < last))
        )
    return found


def note(found: Difference, look: Looking, entry: Entry, told: bulk.Facts | None) -> None:
    """What Rucio says of one entry. The size of an open collection is not in its row."""
    pair = addressed(look, [(entry.scope.name, entry.name)])
    if told is None:
        found.gone += pair
    elif told.open != entry.open or (not told.open and (told.bytes, told.length) != (entry.size, entry.length)):
        found.changed += pair


def addressed(look: Looking, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(scope, name, did_address("did", look.lake.name, scope, name)) for scope, name in pairs]
