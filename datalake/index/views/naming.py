"""Naming conventions: a name while it is typed, and what in the lake does not follow them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from datalake.index import naming_report
from datalake.index.naming_report import NamingIssue, TooSlow
from datalake.index.naming_rules import shown_rules
from datalake.index.visitors import access_of
from datalake.naming import Named, check_name
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page, lake_view
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.services import Service
from vre_portal.tables import listing

MAX_CHARS = 600


@require_safe
@lake_view
@rate_limited(SEARCH)
def check(request: HttpRequest, lake: Service) -> HttpResponse:
    """What is to be said of a name in a form; nothing is looked up, so that nothing of the lake can be learnt."""
    sort = request.GET.get("type", "").lower()
    of = Named(sort) if sort in list(Named) else Named.DATASET
    field = next((name for name in ("dataset", "name") if name in request.GET), "name")
    name = request.GET.get(field, "")[:MAX_CHARS].strip()
    scope = name if of is Named.SCOPE else request.GET.get("scope", "")[:MAX_CHARS].strip()
    if not name or not scope:
        return render(request, "lake_naming/check.html", {"check": {"is_fine": True}})
    answer = check_name(lake, of, scope, name)
    if request.GET.get("format") == "json":
        return JsonResponse({"name": name, "problems": answer.problems, "suggestion": answer.suggestion, "required": answer.is_required})
    context = {"check": answer, "field": field, "is_named": answer.convention is not None}
    return render(request, "lake_naming/check.html", context)


@login_not_required
@lake_page
@rate_limited(SEARCH)
def report(request: HttpRequest, lake: Service) -> HttpResponse:
    """Names and metadata that do not follow a convention, a page at a time, as far as the visitor may see them."""
    look = access_of(request, lake)
    wanted, after = request.GET.get("scope", "")[:MAX_CHARS], request.GET.get("after", "")
    whole = naming_report.of_lake(lake, look.scopes)
    rules = shown_rules(lake, [item.name for item in look.scopes])
    chosen = [item for item in look.scopes if not wanted or item.name == wanted]
    try:
        page = naming_report.page_of(lake, chosen, after)
    except TooSlow:
        context = {"lake": lake, "report": whole, "rules": rules, "scope": wanted, "is_first": not after, "fresh": look.fresh}
        return render(request, "lake_naming/report.html", {**context, "too_long": True}, status=503)
    query = urlencode({name: value for name, value in (("scope", wanted), ("after", page.next)) if value})
    following = f"{request.path}?{query}" if page.next else None
    document = listing(request, [row(lake, item) for item in page.items], following=following, filename="naming")
    context = {
        "lake": lake,
        "report": whole,
        "rules": rules,
        "items": [(item, address_of(lake, item)) for item in page.items],
        "scope": wanted,
        "is_partial": page.is_partial,
        "following": following,
        "is_first": not after,
        "fresh": look.fresh,
        "kept": f"&{urlencode({'scope': wanted})}" if wanted else "",
    }
    return document or render(request, "lake_naming/report.html", context)


def address_of(lake: Service, item: NamingIssue) -> str:
    """The page of the DID, or of the scope."""
    return (
        did_address("did", lake.name, item.scope, item.name)
        if item.name
        else f"{reverse('datalake:lake', args=[lake.name])}?{urlencode({'scope': item.scope})}"
    )


def row(lake: Service, item: NamingIssue) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "scope": item.scope,
        "name": item.name,
        "type": item.type,
        "problem": item.problem,
        "suggestion": item.suggestion,
        "required": item.is_required,
        "page": address_of(lake, item),
    }
