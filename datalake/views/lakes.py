"""The lakes, and in one lake its scopes and the search for DIDs."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from datalake import rucio
from datalake.addresses import did_address, natural
from datalake.forms import SearchForm
from datalake.tables import listing, row
from datalake.views.shared import lake_page, reading, trouble
from vre_portal.services import Service, ServiceKind, services

PAGE = 50


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
    """Scopes beside the DIDs of the one that is chosen."""
    form = SearchForm(request.GET)
    form.is_valid()
    values = form.cleaned_data
    look = reading(request, lake, "browse the Data Lake")
    scopes = look.ask(rucio.list_scopes)
    scope = values.get("scope", "")
    if not scope:
        names = scopes.answer.required()
        rows = [row(item) for item in names]
        context = {"lake": lake, "form": form, "scopes": names, "values": values, **trouble(scopes.answer)}
        return listing(request, rows, following=None, filename="scopes") or render(request, "datalake/lake.html", context)
    asked = look.ask(
        rucio.list_dids, scope, pattern=form.wildcard(), type=values.get("type") or "all", after=values.get("after") or None, limit=PAGE
    )
    found = asked.answer.required()
    following = _following(lake, values, found[-1].name) if len(found) == PAGE else None
    found = sorted(found, key=lambda item: natural(item.name))
    rows = [row(item, page=did_address("did", lake.name, item.scope, item.name)) for item in found]
    context = {
        "lake": lake,
        "form": form,
        "values": values,
        "scope": scope,
        "scopes": scopes.answer.value or (),
        "dids": [(item, address["page"]) for item, address in zip(found, rows, strict=True)],
        "following": following,
        **trouble(asked.answer, scopes.answer),
    }
    return listing(request, rows, following=following, filename=f"{scope}") or render(request, "datalake/lake.html", context)


def _following(lake: Service, values: dict[str, str], last: str) -> str:
    """The next page begins after the last name that Rucio gave: the cost of a page does not grow with its number."""
    kept = {key: value for key, value in values.items() if value and key != "after"}
    return f"{reverse('datalake:lake', args=[lake.name])}?{urlencode({**kept, 'after': last})}"
