"""Completions for the name field of the search."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from datalake.index import search
from datalake.index.query import read
from datalake.index.visitors import access_of
from datalake.pages.decorators import lake_page
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.services import Service


@login_not_required
@lake_page
@rate_limited(SEARCH)
def complete(request: HttpRequest, lake: Service) -> HttpResponse:
    """At most ten scopes, or names in them, that begin with the typed text."""
    look, query = access_of(request, lake), read(request.GET)
    with search.statement_timeout():
        found = search.beginning(query.pattern, query.scopes, look.scopes)
    if request.GET.get("format") == "json":
        return JsonResponse({"items": found})
    return render(request, "lake_index/completions.html", {"found": found})
