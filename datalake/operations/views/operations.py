"""A person's own requests to a lake, and their results."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datalake.operations import services
from datalake.operations.models import Operation
from datalake.operations.presenting import OperationDisplay
from datalake.pages.decorators import lake_view
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service
from vre_portal.tables import listing

PAGE = 50


@require_safe
@lake_view
def index(request: HttpRequest, lake: Service) -> HttpResponse:
    """The reader's own requests, newest first."""
    mine = Operation.objects.filter(by=current_user(request), lake=lake.name)
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    if state in Operation.State.values:
        mine = mine.filter(state=state)
    if before.isdecimal() and len(before) < 18:
        mine = mine.filter(pk__lt=int(before))
    displays = [OperationDisplay(item) for item in mine[: PAGE + 1]]
    here = reverse("lake_acts:acts", args=[lake.name])
    query = {"state": state} if state in Operation.State.values else {}
    more = f"{here}?{urlencode({**query, 'before': displays[PAGE - 1].operation.pk})}" if len(displays) > PAGE else None
    page_displays = displays[:PAGE]
    context = {
        "lake": lake,
        "acts": page_displays,
        "following": more,
        "state": state,
        "states": Operation.State.choices,
        "page": request.get_full_path(),
        "here": here,
        "moving": any(not item.operation.ended for item in page_displays),
    }
    fragment = "#rows" if request.htmx else ""  # type: ignore[attr-defined]
    rows = [item.row() for item in page_displays]
    return listing(request, rows, following=more, filename="acts") or render(request, f"lake_acts/acts.html{fragment}", context)


@require_safe
@lake_view
def detail(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """One of the reader's own requests; its state refreshes itself until it has ended."""
    shown = OperationDisplay(mine(request, lake, pk))
    if request.GET.get("format") == "json":
        return JsonResponse(shown.row(results=shown.operation.results))
    context: dict[str, Any] = {"lake": lake, "shown": shown, "act": shown.operation, "page": request.path}
    fragment = "#state" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"lake_acts/act.html{fragment}", context)


def mine(request: HttpRequest, lake: Service, pk: int) -> Operation:
    """One of the reader's own requests; raises Http404 for those of others."""
    return get_object_or_404(Operation, pk=pk, lake=lake.name, by=current_user(request))


@require_POST
@lake_view
@rate_limited(ACT)
def retry(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """Retry a request that was refused or failed."""
    operation = mine(request, lake, pk)
    if not services.retry(by=current_user(request), operation=operation):
        messages.info(request, _("This request cannot be retried: it was neither refused nor did it fail."))
    return redirect(operation)


@require_POST
@lake_view
def cancel(request: HttpRequest, lake: Service, pk: int) -> HttpResponse:
    """Cancel a request that is queued."""
    operation = mine(request, lake, pk)
    if not services.cancel(by=current_user(request), operation=operation):
        messages.info(request, _("This request can no longer be cancelled: it has started or ended."))
    return redirect(operation)
