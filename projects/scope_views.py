"""The data in a project's scope: a fragment of its data page, and a page of its own."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from datalake.index.query import TYPES, Query
from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, can, project_for
from projects.scope_data import ScopeData
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.tables import listing, page_size

PAGE = 20


@require_safe
@login_not_required
@rate_limited(SEARCH)
def scope_data(request: HttpRequest, slug: str) -> HttpResponse:
    """What the index holds in the project's scope, with a search in it; also as JSON and CSV."""
    project = project_for(request.user, slug, Permission.VIEW)
    data = ScopeData.of(request.user, project)
    context = project_context(request, project, "data", data=data)
    if data is not None:
        context |= {"query": (query := data.query(request.GET)), "types": TYPES.items(), **summary_of(request, project, data)}
        try:
            context |= rows_of(request, project, data, query)
        except OperationalError as error:
            if "statement timeout" not in str(error):
                raise
            context["too_long"] = True
    document = listing(request, context.get("table", []), following=context.get("following"), filename=f"{slug}-scope")
    if document is not None:
        return document
    body = "#body" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"projects/scope_data.html{body}", context, status=503 if "too_long" in context and not body else 200)


def summary_of(request: HttpRequest, project: Project, data: ScopeData) -> dict[str, Any]:
    """The sums, with addresses of the lake's search that go on adding to this project where the reader may add."""
    adding = project.slug if can(request.user, project, Permission.EDIT) else ""
    base = Query(scopes=(data.scope.name,), project=adding)
    lake_url = reverse("datalake:lake", args=[data.lake.name])
    return {"parts": data.parts(base), "lake_url": lake_url, "scope_url": lake_url + base.address()}


def rows_of(request: HttpRequest, project: Project, data: ScopeData, query: Query) -> dict[str, Any]:
    """One page of the data, and where the next one is; raises OperationalError."""
    after, size = request.GET.get("after", ""), page_size(request, PAGE)
    page = data.page(query, after, size)
    adding = project.slug if can(request.user, project, Permission.EDIT) else ""
    asked = {key: value for key, value in (("pattern", query.pattern), ("type", query.type)) if value not in ("", "all")}
    table = [
        {
            "scope": data.scope.name, "name": item.name, "type": item.type, "bytes": item.size, "created": item.created,
            "title": title if isinstance(title := item.meta.get("title"), str) else "", "page": data.address(item, ""),
        }
        for item in page.entries
    ]  # fmt: skip
    rows = [{**row, "page": data.address(item, adding)} for row, item in zip(table, page.entries, strict=True)]
    following = f"?{urlencode({**asked, 'after': page.following})}" if page.following else None
    return {"table": table, "rows": rows, "following": following, "after": after, "first": f"?{urlencode(asked)}"}
