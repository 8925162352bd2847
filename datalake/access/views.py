"""Pages of restricted data: what there is, asking for it, and the owners' list."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datalake.access import services
from datalake.access.forms import AnswerForm, AskForm
from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction, restriction, restrictions
from vre_portal.iam import membership
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import person
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.tables import listing

PAGE, DIGITS = 50, 18
State = AccessRequest.State


def lake_of(name: str) -> Service:
    try:
        return service(ServiceKind.RUCIO, name)
    except UnknownService:
        raise Http404("There is no such Data Lake here.") from None


def restriction_of(lake: Service, scope: str) -> Restriction:
    found = restriction(lake, scope)
    if found is None:
        raise Http404("There is no restricted scope of this name.")
    return found


def request_of(user: User, lake: str, pk: int) -> AccessRequest:
    """One's own request, or one that one decides about; for everybody else there is none."""
    found = AccessRequest.objects.select_related("by", "decided_by").filter(lake=lake, pk=pk).first()
    if found is None or (found.by_id != user.pk and not decides(user, found)):
        raise Http404("There is no such request.")
    return found


def decides(user: User, request: AccessRequest) -> bool:
    about = request.restriction
    return about is not None and about.decided_by(user)


@require_safe
def index(request: HttpRequest, lake: str) -> HttpResponse:
    """What is restricted, my requests, and what waits for my answer."""
    user, found = person(request), lake_of(lake)
    about = list(restrictions(found))
    own = [item.scope for item in about if item.decided_by(user)]
    mine, decided = Q(by=user), Q(scope__in=own) & ~Q(by=user)
    requests = AccessRequest.objects.select_related("by").filter(lake=lake)
    if request.GET.get("format"):
        rows, following = page_of(request, requests.filter(mine | decided))
        return listing(request, [as_row(item) for item in rows], following=following, filename="access-requests") or redirect(request.path)
    rows, following = page_of(request, requests.filter(decided).exclude(state=State.ASKED))
    context = {
        "lake": found,
        "restrictions": [(item, item.opens_to(user)) for item in about],
        "mine": requests.filter(mine)[:PAGE],
        "waiting": requests.filter(decided, state=State.ASKED).order_by("pk")[:PAGE],
        "answered": rows,
        "following": following,
        "decides": bool(own),
    }
    return render(request, "lake_access/index.html", context)


def page_of(request: HttpRequest, found: QuerySet[AccessRequest]) -> tuple[list[AccessRequest], str | None]:
    """One page, the newest first, and the address of the next."""
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) <= DIGITS:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
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
def scope(request: HttpRequest, lake: str, scope: str) -> HttpResponse:
    """What may be known of one restricted scope, and the form that asks for it."""
    user, about = person(request), restriction_of(lake_of(lake), scope)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.ask(by=user, restriction=about, reason=form.cleaned_data["reason"])
        except services.NotPossible as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Your request is with the people who decide. The answer will stand here.")
            return redirect("lake_access:request", lake=lake, pk=asked.pk)
    open_request = AccessRequest.objects.filter(by=user, lake=lake, scope=scope, state__in=AccessRequest.OPEN).first()
    lost = open_request is not None and open_request.is_lost
    context = {"lake": about.lake, "about": about, "form": form, "opens": about.opens_to(user), "open_request": open_request, "lost": lost}
    return render(request, "lake_access/scope.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def request(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """One request: for the person who asked its state, for an owner the form that answers it."""
    user, found = person(request), lake_of(lake)
    asked = request_of(user, lake, pk)
    may = decides(user, asked) and asked.by_id != user.pk
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        if not may:
            raise Http404("There is nothing to answer here.")
        if form.is_valid() and answered(request, user, asked, form):
            return redirect("lake_access:request", lake=lake, pk=pk)
    about = asked.restriction
    context = {
        "lake": found,
        "asked": asked,
        "about": about,
        "may": may,
        "form": form,
        "still_in": about is not None and about.group in asked.by.groups,
        "by_hand": about is not None and not membership.is_configured(about.home),
    }
    return render(request, "lake_access/request.html", context, status=422 if form.errors else 200)


def answered(request: HttpRequest, user: User, asked: AccessRequest, form: AnswerForm) -> bool:
    """Give the answer, or say why it cannot be given."""
    values = form.cleaned_data
    try:
        if values["decision"] == AnswerForm.GRANT:
            services.grant(by=user, request=asked, answer=values["answer"], until=values["until"])
            messages.success(request, f"Access granted. {asked.by} has it within a few minutes.")
        else:
            services.decline(by=user, request=asked, answer=values["answer"])
            messages.success(request, "Declined, with your words.")
    except services.NotPossible as refused:
        form.add_error(None, str(refused))
        return False
    return True


@require_POST
def withdraw(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Take one's own request back, or give access up."""
    user = person(request)
    asked = request_of(user, lake, pk)
    if asked.by_id != user.pk:
        raise Http404("Only the person who asked can do this.")
    step = services.withdraw if asked.state == State.ASKED else services.end
    return attempted(request, asked, lambda: step(by=user, request=asked), "Done: the request is closed.")


@require_POST
def end(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """An owner takes access away again."""
    user = person(request)
    asked = request_of(user, lake, pk)
    if not decides(user, asked):
        raise Http404("Only those who decide about it can do this.")
    return attempted(request, asked, lambda: services.end(by=user, request=asked), f"Access of {asked.by} ends within a few minutes.")


def attempted(request: HttpRequest, asked: AccessRequest, step: Callable[[], None], said: str) -> HttpResponse:
    try:
        step()
    except services.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("lake_access:request", lake=asked.lake, pk=asked.pk)
