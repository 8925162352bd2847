"""Where onboarding begins and goes on: what it is, the reader's own onboardings, and those that begin with known answers."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.onboarding import services
from projects.onboarding.contacts import people_to_ask
from projects.onboarding.examples import EXAMPLES
from projects.onboarding.models import STEPS, Onboarding, onboardings_of
from projects.onboarding.permissions import onboarding_for
from projects.onboarding.review_page import form_key
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, SEARCH, rate_limited
from vre_portal.tables import listing, page_size

PAGE = 20


@require_safe
@login_not_required
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """What onboarding is, for everybody; and the reader's own onboardings, the last changed first."""
    examples = [(name, item, uuid.uuid4()) for name, item in EXAMPLES.items()]  # each form has a key of its own
    if not isinstance(request.user, User):
        return render(request, "onboarding/index.html", {"examples": examples, "to_ask": people_to_ask(request.user)})
    rows, following = page_of(request, request.user)
    made = listing(request, [row_of(row) for row in rows], following=following, filename="onboardings")
    if made is not None:
        return made
    context = {"examples": examples, "rows": rows, "next_url": following, "to_ask": people_to_ask(request.user)}
    response = render(request, "onboarding/index.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def page_of(request: HttpRequest, user: User) -> tuple[list[Onboarding], str | None]:
    """One page of the person's onboardings, and the address of the next."""
    size, before = page_size(request, PAGE), request.GET.get("before", "")
    rows = onboardings_of(user).select_related("project").order_by("-pk")
    if before.isascii() and before.isdecimal() and len(before) <= 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: size + 1])
    return found[:size], f"{request.path}?before={found[size - 1].pk}" if len(found) > size else None


def row_of(row: Onboarding) -> dict[str, Any]:
    """An onboarding as a row of a table."""
    return {
        "number": row.pk,
        "title": row.title,
        "state": "finished" if row.is_finished else "open",
        "project": row.project.slug if row.project else None,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "page": row.get_absolute_url(),
    }


@never_cache
@require_safe
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to where the onboarding goes on: its plan, its answers where the project was deleted, the first step that was not saved, or the review."""
    onboarding = onboarding_for(current_user(request), pk)
    if onboarding.is_finished and onboarding.project is not None:
        return redirect("plan:plan", slug=onboarding.project.slug)
    if onboarding.is_finished:
        return redirect("onboarding:step", pk=pk, step=STEPS[0])
    if onboarding.next_step == "review":
        return redirect("onboarding:review", pk=pk)
    return redirect("onboarding:step", pk=pk, step=onboarding.next_step)


@never_cache
@require_POST
@rate_limited(ACT)
def example(request: HttpRequest, name: str) -> HttpResponse:
    """Begin with the answers of an example, and lead to its review."""
    if name not in EXAMPLES:
        raise Http404(_("There is no such example."))
    try:
        made = services.begin_with(by=current_user(request), key=form_key(request), answers=EXAMPLES[name].answers)
    except services.OnboardingRefused as refused:
        messages.error(request, str(refused))
        return redirect("onboarding:index")
    return redirect("onboarding:review", pk=made.pk)


@never_cache
@require_POST
@rate_limited(ACT)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a new onboarding with the answers of this one."""
    user = current_user(request)
    onboarding = onboarding_for(user, pk)
    try:
        made = services.begin_again(by=user, key=form_key(request), onboarding=onboarding)
    except services.OnboardingRefused as refused:
        messages.error(request, str(refused))
        return redirect("onboarding:index")
    messages.success(request, _("A new onboarding was made with these answers."))
    return redirect("onboarding:step", pk=made.pk, step=STEPS[0])


@never_cache
@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own onboarding."""
    user = current_user(request)
    onboarding = onboarding_for(user, pk)
    services.delete(by=user, onboarding=onboarding)
    messages.success(request, _("“%(title)s” was deleted.") % {"title": onboarding.title})
    return redirect("onboarding:index")
