"""The list of lakes, and the scopes and DIDs of a lake read directly from Rucio."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from datalake import rucio
from datalake.browse.forms import SearchForm
from datalake.index import search
from datalake.index.query import Query, read_project
from datalake.index.views import start
from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.pages.rendering import render_page
from datalake.reads import service_account
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import Visitor, may_see, require_scope_access
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.services import Service, ServiceKind, services
from vre_portal.tables import listing, row
from vre_portal.text import natural_order

PAGE = 50


@login_not_required  # what is public in a lake is for everybody; a lake without anything public asks for the sign-in itself
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list of lakes; redirects to the lake where there is only one."""
    lakes = services(ServiceKind.RUCIO)
    if len(lakes) == 1 and request.GET.get("format") != "json":
        project = Query(project=read_project(request.GET)).address() if "project" in request.GET else ""
        return redirect(reverse("datalake:lake", args=[lakes[0].name]) + project.removesuffix("?"))
    rows = [{"name": item.name, "title": item.title, "page": reverse("datalake:lake", args=[item.name])} for item in lakes]
    return listing(request, rows, following=None, filename="lakes") or render(request, "datalake/index.html", {"lakes": lakes})


@login_not_required
@lake_page
@rate_limited(SEARCH)
def lake(request: HttpRequest, lake: Service) -> HttpResponseBase:
    """A lake's first page, from the index; a lake at which the portal has no account is read directly, as the signed-in person."""
    if service_account.is_configured(lake):
        return start.lake(request, lake)
    return read_live(request, lake) if request.user.is_authenticated else redirect_to_login(request.get_full_path())


@lake_page
@rate_limited(SEARCH)
def live(request: HttpRequest, lake: Service) -> HttpResponse:
    """The scopes, or what one of them holds, as Rucio says at this moment."""
    return read_live(request, lake)


def read_live(request: HttpRequest, lake: Service) -> HttpResponse:
    """The same without counting it against the person's limit once more; raises RemoteError."""
    form = SearchForm(request.GET)
    form.is_valid()
    reader = reader_for(request, lake, _("browse the Data Lake"))
    if scope := form.cleaned_data.get("scope"):
        require_scope_access(lake, scope, reader.user.groups)
    return in_scope(request, reader, form) if scope else all_scopes(request, reader, form)


def open_to(reader: LakeReader, scopes: list[rucio.OwnedScope]) -> list[rucio.OwnedScope]:
    """Those that the person may see."""
    visitor = Visitor(has_account=True, groups=frozenset(reader.user.groups))
    return [item for item in scopes if may_see(reader.lake, item.name, visitor)]


def all_scopes(request: HttpRequest, reader: LakeReader, form: SearchForm) -> HttpResponse:
    """The scopes that the person may see."""
    visible_scopes = open_to(reader, reader.fetch(rucio.list_scopes).result.required())
    context = {"form": form, "values": form.cleaned_data, "scopes": visible_scopes}
    return listing(request, [row(item) for item in visible_scopes], following=None, filename="scopes") or render_page(
        request, "lake.html", reader, context
    )


def in_scope(request: HttpRequest, reader: LakeReader, form: SearchForm) -> HttpResponse:
    """The matching DIDs of a scope, a page at a time."""
    values: dict[str, Any] = form.cleaned_data
    scope = values["scope"]
    kind, after = values.get("type") or "all", values.get("after") or None
    # A pattern may fit few names of many: finding these in the index is no quicker than letting Rucio do it.
    beyond = [] if form.wildcard() != "*" else search.names_beyond(reader.lake.name, scope, kind, after or "", PAGE)

    def list_dids(lake: Service, token: str, /, scope: str, **options: Any) -> list[rucio.Did]:
        """`rucio.list_dids` with `beyond`, which is not part of the cache key: it changes with the index."""
        return rucio.list_dids(lake, token, scope, **options, beyond=beyond)

    read = reader.fetch(list_dids, scope, pattern=form.wildcard(), type=kind, after=after, limit=PAGE)
    dids = read.result.required()
    following = rest(request.path, values, dids[-1].name) if len(dids) == PAGE else None
    dids = sorted(dids, key=lambda item: natural_order(item.name))
    pages = [did_address("did", reader.lake.name, item.scope, item.name) for item in dids]
    rows = [row(item, page=address) for item, address in zip(dids, pages, strict=True)]
    context = {
        "form": form,
        "values": values,
        "scope": scope,
        "dids": list(zip(dids, pages, strict=True)),
        "following": following,
    }
    return listing(request, rows, following=following, filename=scope) or render_page(request, "lake.html", reader, context)


def rest(here: str, values: dict[str, str], last: str) -> str:
    """The next page begins after the last name of this one: the cost of a page does not grow with its number."""
    kept = {key: value for key, value in values.items() if value and key != "after"}
    return f"{here}?{urlencode({**kept, 'after': last})}"
