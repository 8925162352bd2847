"""The lakes, and in one lake what Rucio itself says of its scopes and DIDs, at this moment."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from datalake import rucio
from datalake.addresses import did_address, natural
from datalake.forms import SearchForm
from datalake.index import search
from datalake.reading import Reading
from datalake.scopes import Visitor, demand, may_see
from datalake.views.shared import lake_page, page, reading
from vre_portal.services import Service, ServiceKind, services
from vre_portal.tables import listing, row

PAGE = 50


@login_not_required  # what is public in a lake is for everybody; a lake without anything public asks for the sign-in itself
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The lakes; where there is one, straight to it."""
    lakes = services(ServiceKind.RUCIO)
    if len(lakes) == 1 and request.GET.get("format") != "json":
        return redirect("datalake:lake", lake=lakes[0].name)
    rows = [{"name": item.name, "title": item.title, "page": reverse("datalake:lake", args=[item.name])} for item in lakes]
    return listing(request, rows, following=None, filename="lakes") or render(request, "datalake/index.html", {"lakes": lakes})


@lake_page
def lake(request: HttpRequest, lake: Service) -> HttpResponse:
    """The scopes, or what one of them holds."""
    form = SearchForm(request.GET)
    form.is_valid()
    look = reading(request, lake, "browse the Data Lake")
    if scope := form.cleaned_data.get("scope"):
        demand(lake, scope, look.user.groups)
    return in_scope(request, look, form) if scope else all_scopes(request, look, form)


def open_to(look: Reading, scopes: list[rucio.Scope]) -> list[rucio.Scope]:
    """Those that the person may see."""
    visitor = Visitor(has_account=True, groups=frozenset(look.user.groups))
    return [item for item in scopes if may_see(look.lake, item.name, visitor)]


def all_scopes(request: HttpRequest, look: Reading, form: SearchForm) -> HttpResponse:
    """Where to begin."""
    found = open_to(look, look.ask(rucio.list_scopes).answer.required())
    context = {"form": form, "values": form.cleaned_data, "scopes": found}
    return listing(request, [row(item) for item in found], following=None, filename="scopes") or page(request, "lake.html", look, context)


def in_scope(request: HttpRequest, look: Reading, form: SearchForm) -> HttpResponse:
    """The DIDs of a scope that fit, a page at a time."""
    values: dict[str, Any] = form.cleaned_data
    scope = values["scope"]
    kind, after = values.get("type") or "all", values.get("after") or None
    # A pattern may fit few names of many: finding these in the index is no quicker than letting Rucio do it.
    beyond = [] if form.wildcard() != "*" else search.names_beyond(look.lake.name, scope, kind, after or "", PAGE)

    def list_dids(lake: Service, token: str, /, scope: str, **options: Any) -> list[rucio.Did]:
        """Remembered without these names: they change with the index, and the question stays the same."""
        return rucio.list_dids(lake, token, scope, **options, beyond=beyond)

    asked = look.ask(list_dids, scope, pattern=form.wildcard(), type=kind, after=after, limit=PAGE)
    found = asked.answer.required()
    following = rest(request.path, values, found[-1].name) if len(found) == PAGE else None
    found = sorted(found, key=lambda item: natural(item.name))
    pages = [did_address("did", look.lake.name, item.scope, item.name) for item in found]
    rows = [row(item, page=address) for item, address in zip(found, pages, strict=True)]
    context = {
        "form": form,
        "values": values,
        "scope": scope,
        "dids": list(zip(found, pages, strict=True)),
        "following": following,
    }
    return listing(request, rows, following=following, filename=scope) or page(request, "lake.html", look, context)


def rest(here: str, values: dict[str, str], last: str) -> str:
    """The next page begins after the last name of this one: the cost of a page does not grow with its number."""
    kept = {key: value for key, value in values.items() if value and key != "after"}
    return f"{here}?{urlencode({**kept, 'after': last})}"
