"""The results of a search in the portal's index of a lake, and the page around them."""

import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.index import facets, search
from datalake.index.models import IndexEntry, SavedSearch
from datalake.index.query import OPERATORS, SORTS, TYPES, Condition, Query
from datalake.index.visitors import IndexAccess
from datalake.pages.addresses import did_address
from datalake.reads import read_cache
from vre_portal.iam.models import User
from vre_portal.tables import listing
from vre_portal.text import natural_order

RESULT_CACHE_SECONDS = 60.0  # seconds; times such as "3 min ago" stand in what is kept


def has_empty_fields(parameters: QueryDict) -> bool:
    """Whether a form was sent with fields left empty: the address that people share has only what they chose."""
    return any(not value for _, values in parameters.lists() for value in values)


def search_results(request: HttpRequest, look: IndexAccess, query: Query) -> HttpResponse:
    """The results of a search, a page at a time; status 503 where the search takes too long."""
    after, wanted = request.GET.get("after", ""), request.GET.get("format")
    kept = kept_under(look, query, after, request.GET.get("rows", ""))
    body = read_cache.load(kept) if wanted not in ("json", "csv") else None
    if body is not None and (timezone.now() - body[0]).total_seconds() < RESULT_CACHE_SECONDS:
        return shown(request, look, query, {"searched": True, "body": body[1]})
    try:
        with search.statement_timeout():
            page = search.page(query, look.scopes, after)
            if wanted in ("json", "csv"):
                return data(request, look, query, page)
            total = search.total(query, look.scopes)
            sides = facets.facets(query, look.scopes, total)
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        return shown(request, look, query, {"too_long": True, "searched": True}, status=503)
    entries = sorted(page.entries, key=lambda item: natural_order(item.name)) if query.sort == "name" else page.entries
    context = {
        "searched": True,
        "rows": [Row(look, query, item) for item in entries],
        "shows_scopes": len(search.chosen(query, look.scopes)) != 1,
        "total": total,
        "facets": sides,
        "following": query.address(after=page.following) if page.following else "",
        "after": after,
    }
    return shown(request, look, query, context, keep=kept)


def kept_under(look: IndexAccess, query: Query, after: str, rows: str) -> str:
    """The cache key of a result: the same for everybody who may see the same scopes, until the index changes."""
    parts = (
        sorted(item.pk for item in look.scopes),
        query.parameters(),
        query.project,
        query.mistakes,
        dict(query.texts),
        after,
        rows,
        look.fresh.version,
    )
    return f"datalake:search:{look.lake.name}:{hashlib.sha256(repr(parts).encode()).hexdigest()}"


class Row:
    """An entry as a line of the table."""

    def __init__(self, look: IndexAccess, query: Query, entry: IndexEntry) -> None:
        self.entry = entry
        address = did_address("did", look.lake.name, entry.scope.name, entry.name)
        self.page = f"{address}{'&' if '?' in address else '?'}project={query.project}" if query.project else address
        self.words = [(item.key, entry.meta[item.key]) for item in dict.fromkeys(query.conditions) if item.key in entry.meta]
        self.title = entry.meta.get("title") if isinstance(entry.meta.get("title"), str) else ""


def data(request: HttpRequest, look: IndexAccess, query: Query, page: search.EntryPage) -> HttpResponse:
    """The same rows for scripts."""
    rows = [
        {
            "scope": item.scope.name,
            "name": item.name,
            "type": item.type,
            "bytes": item.size,
            "length": item.length,
            "open": item.open,
            "account": look.owner(item.account),
            "created": item.created.isoformat(),
            "metadata": item.meta,
            "page": did_address("did", look.lake.name, item.scope.name, item.name),
        }
        for item in page.entries
    ]
    following = request.path + query.address(after=page.following) if page.following else None
    response = listing(request, rows, following=following, filename="dids")
    age = look.fresh.since
    if response is not None and age is not None:
        response["Last-Modified"] = age.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return response or HttpResponse(status=406)


def shown(
    request: HttpRequest, look: IndexAccess, query: Query, context: dict[str, Any], status: int = 200, keep: str = ""
) -> HttpResponse:
    """The page around the results: active filters, age of the index, and the person's saved searches."""
    lake = look.lake
    if "body" not in context:
        context["body"] = render_to_string("lake_index/body.html", {**inside(request, look, query), **context})
        if keep:
            read_cache.store(keep, context["body"])
    person = request.user if isinstance(request.user, User) else None
    around = {
        "lake": lake,
        "look": look,
        "query": query,
        "chips": chips(query),
        "fresh": look.fresh,
        "visible_names": {item.name for item in look.scopes},
        "live": reverse("datalake:live", args=[lake.name]) + "?" + urlencode(live(query)),
        "compare": reverse("lake_index:compare", args=[lake.name]) + query.address(after=request.GET.get("after", "")),
        "deleted": deleted(request, person),
        "saved": SavedSearch.objects.filter(user=person, lake=lake.name, deleted_at=None) if person else (),
    }
    return render(request, "lake_index/lake.html", {**around, **context}, status=status)


def deleted(request: HttpRequest, person: User | None) -> SavedSearch | None:
    """The saved search that was deleted a moment ago, once."""
    pk = request.session.pop("lake_search_deleted", None) if person else None
    return SavedSearch.objects.filter(user=person, pk=pk).first() if pk else None


def inside(request: HttpRequest, look: IndexAccess, query: Query) -> dict[str, Any]:
    """What the form and the result need; nothing of it is about the person."""
    keys = search.keys(look.scopes)
    known_keys = {name for name, _ in keys}
    return {
        "lake": look.lake,
        "here": reverse("datalake:lake", args=[look.lake.name]),
        "query": query,
        "cleared": Query(project=query.project).address() if query.project else "",
        "ready": look.fresh.since is not None,
        "chips": chips(query),
        "form_rows": form_rows(query, request.GET.get("rows", "")),
        "unfolded": "rows" in request.GET or bool(query.mistakes),
        "keys": keys,
        "unknown": sorted({item.key for item in query.conditions} - known_keys),
        "operators": OPERATORS.items(),
        "sorts": SORTS.items(),
        "types": TYPES.items(),
        "live": reverse("datalake:live", args=[look.lake.name]) + "?" + urlencode(live(query)),
        "formats": [(name, query.address(format=name) if query.asks else f"?format={name}") for name in ("json", "csv")],
    }


def live(query: Query) -> dict[str, str]:
    """What Rucio itself can be asked: one scope, a pattern, a type."""
    scope = query.scopes[0] if len(query.scopes) == 1 and "*" not in query.scopes[0] else ""
    question = {"scope": scope, "pattern": query.pattern, "type": query.type}
    return {key: value for key, value in question.items() if value}


def chips(query: Query) -> list[tuple[str, str]]:
    """The active filters as texts, each with the address of the search without it."""
    labels: list[tuple[str, str]] = []

    def label(text: str, without: Query, **values: object) -> None:
        labels.append((text % values if values else text, without.address()))

    if query.pattern:
        label(_("Name: %(name)s"), replace(query, pattern=""), name=query.pattern)
    for name in query.scopes:
        label(_("Scope: %(scope)s"), replace(query, scopes=tuple(item for item in query.scopes if item != name)), scope=name)
    if query.type != "all":
        label(str(TYPES[query.type]), replace(query, type="all"))
    if query.least is not None:
        label(_("Size at least %(size)s"), replace(query, least=None), size=query.texts["size_min"] or query.least)
    if query.most is not None:
        label(_("Size at most %(size)s"), replace(query, most=None), size=query.texts["size_max"] or query.most)
    if query.since is not None:
        label(_("Created from %(date)s"), replace(query, since=None), date=query.texts["since"])
    if query.until is not None:
        label(_("Created until %(date)s"), replace(query, until=None), date=query.texts["until"])
    for place, group in enumerate(query.groups):
        for number, condition in enumerate(group):
            if place and not number:
                label(_("OR %(condition)s"), query.without(condition), condition=condition)
            else:
                label(str(condition), query.without(condition))
    return labels


def form_rows(query: Query, wanted: str) -> list[tuple[str, Condition]]:
    """The conditions as rows of the form, and an empty one, or some more where they are asked for."""
    rows = [("and" if place else "or", item) for group in query.groups for place, item in enumerate(group)]
    empty = int(wanted) if wanted in ("1", "2", "3", "4") else 1
    return rows + [("and", Condition("", "eq"))] * empty
