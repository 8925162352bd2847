"""The problems of a lake's index: scopes and names with the reason, since when, and when they are retried."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from datalake.index.models import Problem
from datalake.index.visitors import access_of
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page
from datalake.reads.scopes import may_see
from vre_portal.services import Service
from vre_portal.tables import listing

PAGE = 100


@login_not_required
@lake_page
def problems(request: HttpRequest, lake: Service) -> HttpResponse:
    """A page of them; scopes that the visitor may not see are left out."""
    look = access_of(request, lake)
    scopes = Problem.objects.filter(lake=lake.name).order_by().values_list("scope", flat=True).distinct()
    visible = [name for name in scopes if may_see(lake, name, look.visitor)]
    wanted = request.GET.get("scope", "")
    rows = Problem.objects.filter(lake=lake.name, scope__in=[name for name in visible if not wanted or name == wanted])
    part = Paginator(rows, PAGE).get_page(request.GET.get("page", "1"))
    kept = {"scope": wanted} if wanted else {}
    following = f"?{urlencode({**kept, 'page': part.next_page_number()})}" if part.has_next() else None
    document = listing(
        request, [row(lake, item) for item in part], following=following and request.path + following, filename="index-problems"
    )
    context = {
        "lake": lake,
        "problems": [(item, page_of(lake, item)) for item in part],
        "count": part.paginator.count,
        "kept": f"&{urlencode(kept)}" if kept else "",
        "following": following,
        "previous": f"?{urlencode({**kept, 'page': part.previous_page_number()})}" if part.has_previous() else "",
    }
    return document or render(request, "lake_index/problems.html", context)


def page_of(lake: Service, item: Problem) -> str:
    """The page of a DID; empty for a scope and for what is no name."""
    return did_address("did", lake.name, item.scope, item.name) if item.name and item.part != Problem.Part.NAME else ""


def row(lake: Service, item: Problem) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "scope": item.scope,
        "name": item.name,
        "part": item.part,
        "reason": item.reason,
        "since": item.since.isoformat(),
        "failed_at": item.failed_at.isoformat(),
        "tries": item.tries,
        "retry_at": item.retry_at.isoformat(),
        "page": page_of(lake, item),
    }
