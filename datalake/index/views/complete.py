"""Names that begin as what is typed, for the search's field."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from datalake.index import search
from datalake.index.query import read
from datalake.index.visitors import looking
from datalake.views.shared import lake_page
from vre_portal.services import Service


@login_not_required
@lake_page
def complete(request: HttpRequest, lake: Service) -> HttpResponse:
    """At most ten, of scopes and of names in them."""
    look, query = looking(request, lake), read(request.GET)
    with search.patience():
        found = search.beginning(query.pattern, query.scopes, look.scopes)
    if request.GET.get("format") == "json":
        return JsonResponse({"items": found})
    return render(request, "lake_index/completions.html", {"found": found})
