"""Pages of restricted data: the list, a request for access, and the requests that owners answer."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datalake.access import services
from datalake.access.forms import AnswerForm, AskForm
from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction, restriction, restrictions
from vre_portal.iam.current_user import current_user
from vre_portal.iam.groups import membership
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.tables import listing

PAGE, DIGITS = 50, 18
State = AccessRequest.State


def lake_of(name: str) -> Service:
    try:
        return service(ServiceKind.RUCIO, name)
    except UnknownService:
        raise Http404(_("Data Lake not found.")) from None


def restriction_of(lake: Service, scope: str) -> Restriction:
    restricted = restriction(lake, scope)
    if restricted is None:
        raise Http404(_("Restricted scope not found."))
    return restricted


def request_of(user: User, lake: str, pk: int) -> AccessRequest:
    """One's own request, or one that one decides about; for everybody else there is none."""
    access_request = AccessRequest.objects.select_related("by", "decided_by").filter(lake=lake, pk=pk).first()
    if access_request is None or (access_request.by_id != user.pk and not decides(user, access_request)):
        raise Http404(_("Request not found."))
    return access_request


def decides(user: User, request: AccessRequest) -> bool:
    about = request.restriction
    return about is not None and about.decided_by(user)


@require_safe
def index(request: HttpRequest, lake: str) -> HttpResponse:
    """What is restricted, my requests, and what waits for my answer."""
    user, named_lake = current_user(request), lake_of(lake)
    about = list(restrictions(named_lake))
    own = [item.scope for item in about if item.decided_by(user)]
    mine, decided = Q(by=user), Q(scope__in=own) & ~Q(by=user)
    requests = AccessRequest.objects.select_related("by").filter(lake=lake)
    if request.GET.get("format"):
        rows, following = page_of(request, requests.filter(mine | decided))
        return listing(request, [as_row(item) for item in rows], following=following, filename="access-requests") or redirect(request.path)
    rows, following = page_of(request, requests.filter(decided).exclude(state=State.ASKED))
    context = {
        "lake": named_lake,
        "restrictions": [(item, item.opens_to(user)) for item in about],
        "mine": requests.filter(mine)[:PAGE],
        "waiting": requests.filter(decided, state=State.ASKED).order_by("pk")[:PAGE],
        "answered": rows,
        "following": following,
        "decides": bool(own),
    }
    return render(request, "lake_access/index.html", context)


def page_of(request: HttpRequest, requests: QuerySet[AccessRequest]) -> tuple[list[AccessRequest], str | None]:
    """One page, the newest first, and the address of the next."""
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) <= DIGITS:
        requests = requests.filter(pk__lt=int(before))
    rows = list(requests[: PAGE + 1])
    query = {key: value for key, value in request.GET.items() if key == "format"} | {"before": rows[PAGE - 1].pk if len(rows) > PAGE else 0}
    return rows[:PAGE], f"{request.path}?{urlencode(query)}" if len(rows) > PAGE else None


def as_row(item: AccessRequest) -> dict[str, Any]:
    return {
        "number": item.pk,
        "lake": item.lake,
        "scope": item.scope,
        "person": str(item.by),
        "state": item.state,
        "asked": item.created_at,
        "decided": item.decided_at,
        "until": item.until,
        "page": reverse("lake_access:request", args=[item.lake, item.pk]),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def scope(request: HttpRequest, lake: str, scope: str) -> HttpResponse:
    """What may be known of one restricted scope, and the form that asks for it."""
    user, about = current_user(request), restriction_of(lake_of(lake), scope)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            access_request = services.ask(by=user, restriction=about, reason=form.cleaned_data["reason"])
        except services.AccessNotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Your request was sent to the owners. Their answer will appear on this page."))
            return redirect("lake_access:request", lake=lake, pk=access_request.pk)
    open_request = AccessRequest.objects.filter(by=user, lake=lake, scope=scope, state__in=AccessRequest.OPEN).first()
    lost = open_request is not None and open_request.is_lost
    context = {"lake": about.lake, "about": about, "form": form, "opens": about.opens_to(user), "open_request": open_request, "lost": lost}
    return render(request, "lake_access/scope.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def request(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """One request: for the person who asked its state, for an owner the form that answers it."""
    user, named_lake = current_user(request), lake_of(lake)
    access_request = request_of(user, lake, pk)
    may = decides(user, access_request) and access_request.by_id != user.pk
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        if not may:
            raise Http404(_("You cannot answer this request."))
        if form.is_valid() and answered(request, user, access_request, form):
            return redirect("lake_access:request", lake=lake, pk=pk)
    about = access_request.restriction
    context = {
        "lake": named_lake,
        "asked": access_request,
        "about": about,
        "may": may,
        "form": form,
        "still_in": about is not None and about.group in access_request.by.groups,
        "by_hand": about is not None and not membership.is_configured(about.home),
    }
    return render(request, "lake_access/request.html", context, status=422 if form.errors else 200)


def answered(request: HttpRequest, user: User, access_request: AccessRequest, form: AnswerForm) -> bool:
    """Give the answer, or say why it cannot be given."""
    values = form.cleaned_data
    try:
        if values["decision"] == AnswerForm.GRANT:
            services.grant(by=user, request=access_request, answer=values["answer"], until=values["until"])
            text = _("Access granted. %(name)s can read the data within a few minutes.")
            messages.success(request, text % {"name": access_request.by})
        else:
            services.decline(by=user, request=access_request, answer=values["answer"])
            messages.success(request, _("Request declined. The person can read your message."))
    except services.AccessNotPossible as refused:
        form.add_error(None, str(refused))
        return False
    return True


@require_POST
@rate_limited(ACT)
def withdraw(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Withdraw one's own request, or give up access."""
    user = current_user(request)
    access_request = request_of(user, lake, pk)
    if access_request.by_id != user.pk:
        raise Http404(_("Only the person who made the request can do this."))
    if access_request.state == State.ASKED:
        step, message = services.withdraw, _("Request withdrawn.")
    else:
        step, message = services.end, _("Your access ends within a few minutes.")
    return attempted(request, access_request, lambda: step(by=user, request=access_request), message)


@require_POST
@rate_limited(ACT)
def end(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """An owner takes access away again."""
    user = current_user(request)
    access_request = request_of(user, lake, pk)
    if not decides(user, access_request):
        raise Http404(_("Only the owners of these data can do this."))
    return attempted(
        request,
        access_request,
        lambda: services.end(by=user, request=access_request),
        _("Access for %(name)s ends within a few minutes.") % {"name": access_request.by},
    )


def attempted(request: HttpRequest, access_request: AccessRequest, step: Callable[[], None], success_message: str) -> HttpResponse:
    try:
        step()
    except services.AccessNotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, success_message)
    return redirect("lake_access:request", lake=access_request.lake, pk=access_request.pk)
