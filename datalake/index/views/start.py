"""A lake's first page: its data by project, experiment and type; the scopes that belong to no project below."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from datalake.index import holdings
from datalake.index.freshness import FailingScope
from datalake.index.models import IndexedScope
from datalake.index.query import Query, read
from datalake.index.views.search import has_empty_fields, search_results, shown
from datalake.index.visitors import IndexAccess, access_of
from vre_portal.scope_owners import ScopeOwner, owners
from vre_portal.services import Service
from vre_portal.tables import listing

PERSONAL = "user."  # how the names of people's own scopes begin


def lake(request: HttpRequest, lake: Service) -> HttpResponseBase:
    """The first page, or what fits a search."""
    look, query = access_of(request, lake), read(request.GET)
    if has_empty_fields(request.GET) and not query.mistakes and "format" not in request.GET:
        said = query.asks or query.project or "rows" in request.GET
        return redirect(request.path + (query.address(rows=request.GET.get("rows", "")) if said else ""))
    return search_results(request, look, query) if query.asks else start(request, look, query)


@dataclass
class OwnedData:
    """A project's card: its scopes that the reader may see, and what they hold."""

    owner: ScopeOwner
    scopes: list[IndexedScope] = field(default_factory=list)

    @property
    def amount(self) -> holdings.Amount:
        return holdings.Amount.of(self.scopes)

    def address(self, base: Query) -> str:
        """The search that finds its data."""
        return base.with_(scopes=tuple(item.name for item in self.scopes)).address()


def start(request: HttpRequest, look: IndexAccess, query: Query) -> HttpResponse:
    """The page; the scopes that the reader may see as JSON or CSV."""
    by_scope = owners(request.user, look.lake)
    rows = [row_of(look, query, item, by_scope.get(item.name, [])) for item in look.scopes]
    document = listing(request, rows, following=None, filename="scopes")
    if document is not None:
        return document
    failing = {item.name: item for item in look.fresh.failing}
    mine = [item for item in look.scopes if look.account and item.name == f"{PERSONAL}{look.account}"]
    own = [item for item in mine if item.total]
    context = {
        "amount": holdings.Amount.of(look.scopes),
        "own": holdings.Amount.of(own),
        "own_name": own[0].name if own else "",
        "own_address": query.with_(scopes=(own[0].name,)).address() if own else "",
        "cards": [(card, card.address(query)) for card in cards(look.scopes, by_scope)],
        "parts": parts(look.scopes, query),
        "groups": scope_tables(rows, failing, {item.name for item in mine} | by_scope.keys()),
        "has_scopes": bool(look.scopes),
        "shows_owners": not look.only_public,
    }
    return shown(request, look, query, context)


def row_of(look: IndexAccess, query: Query, item: IndexedScope, scope_owners: Iterable[ScopeOwner]) -> dict[str, Any]:
    """A scope for scripts and for the table."""
    failing = {failure.name: failure for failure in look.fresh.failing}
    return {
        "name": item.name,
        "projects": [{"title": owner.title, "page": owner.url} for owner in scope_owners],
        "account": look.owner(item.account),
        "containers": item.containers,
        "datasets": item.datasets,
        "files": item.files,
        "bytes": int(item.bytes),
        "as_of": item.read_at.isoformat() if item.read_at else None,
        "problem": failing[item.name].reason if item.name in failing else None,
        "page": reverse("datalake:lake", args=[look.lake.name]) + query.with_(scopes=(item.name,)).address(),
    }


def cards(scopes: Iterable[IndexedScope], by_scope: dict[str, list[ScopeOwner]]) -> list[OwnedData]:
    """The projects whose scopes these are, by title."""
    found: dict[str, OwnedData] = {}
    for item in scopes:
        for owner in by_scope.get(item.name, ()):
            found.setdefault(owner.key, OwnedData(owner)).scopes.append(item)
    return sorted(found.values(), key=lambda card: (card.owner.title.casefold(), card.owner.key))


def parts(scopes: list[IndexedScope], query: Query) -> list[tuple[str, str, list[holdings.Holding]]]:
    """The data by experiment, type and format, where there are any, each with what its numbers count."""
    kinds = [
        (_("Experiments"), _("DIDs"), holdings.by_experiment(scopes, query)),
        (_("Types"), "", holdings.by_type(scopes, query)),
        (_("File formats"), _("files"), holdings.by_format(scopes, query)),
    ]
    return [(title, unit, items) for title, unit, items in kinds if items]


def scope_tables(
    rows: list[dict[str, Any]], failing: dict[str, FailingScope], shown_above: set[str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The scopes that stand nowhere above, or that fail: those of people apart from the others."""
    left = [{**row, "failing": failing.get(row["name"])} for row in rows if row["name"] not in shown_above or row["name"] in failing]
    others = [row for row in left if not row["name"].startswith(PERSONAL)]
    people = [row for row in left if row["name"].startswith(PERSONAL)]
    title = _("Other scopes") if len(others) < sum(not row["name"].startswith(PERSONAL) for row in rows) else _("Scopes")
    return [group for group in ((title, others), (_("People"), people)) if group[1]]
