"""What somebody asked for in a lake, and what became of it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from datalake.acts import services
from datalake.acts.models import Act
from datalake.acts.presenting import Shown
from datalake.acts.views.common import person
from datalake.views.shared import lake_view
from vre_portal.services import Service
from vre_portal.tables import listing

PAGE = 50


@require_safe
@lake_view
def acts(request: HttpRequest, lake: Service) -> HttpResponse:
    """Mine, the newest first."""
    mine = Act.objects.filter(by=person(request), lake=lake.name)
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    if state in Act.State.values:
        mine = mine.filter(state=state)
    if before.isdecimal() and len(before) < 18:
        mine = mine.filter(pk__lt=int(before))
    found = [Shown(item) for item in mine[: PAGE + 1]]
    here = reverse("lake_acts:acts", args=[lake.name])
    kept = {"state": state} if state in Act.State.values else {}
    more = f"{here}?{urlencode({**kept, 'before': found[PAGE - 1].act.pk})}" if len(found) > PAGE else None
    shown = found[:PAGE]
    context = {
        "lake": lake,
        "acts": shown,
        "following": more,
        "state": state,
        "states": Act.State.values,
        "page": request.get_full_path(),
        "here": here,
        "moving": any(not item.act.ended for item in shown),
    }
    fragment = "#rows" if request.htmx else ""  # type: ignore[attr-defined]
    rows = [item.row() for item in shown]
    return listing(request, rows, following=more, filename="acts") or render(request, f"lake_acts/acts.html{fragment}", context)


@require_safe
@lake_view
def act(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """One of mine; while it goes on its state renews itself."""
    shown = Shown(mine(request, lake, pk))
    if request.GET.get("format") == "json":
        return JsonResponse(shown.row(results=shown.act.results))
    context: dict[str, Any] = {"lake": lake, "shown": shown, "act": shown.act, "page": request.path}
    fragment = "#state" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"lake_acts/act.html{fragment}", context)


def mine(request: HttpRequest, lake: Service, pk: int) -> Act:
    """What others did is not there for me."""
    return get_object_or_404(Act, pk=pk, lake=lake.name, by=person(request))


@require_POST
@lake_view
def again(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """Ask once more for what was refused or failed."""
    found = mine(request, lake, pk)
    if not services.again(by=person(request), act=found):
        messages.info(request, "It is not something that could be tried again.")
    return redirect(found)


@require_POST
@lake_view
def cancel(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """Call it off while it waits."""
    found = mine(request, lake, pk)
    if not services.cancel(by=person(request), act=found):
        messages.info(request, "It is too late to call it off: it has begun, or has ended.")
    return redirect(found)
