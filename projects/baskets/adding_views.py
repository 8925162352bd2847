"""Adding things from their pages and from lists, and taking them out again there; the forms stand on public pages, too."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.baskets import counting, outcomes, services, sign_in, undoing, visitors
from projects.baskets.services import Added, BasketRefused
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited
from vre_portal.pages.forms import from_own_page
from vre_portal.text import plain


@never_cache
@login_not_required
@from_own_page
@require_POST
@rate_limited(ACT)
def add(request: HttpRequest) -> HttpResponse:
    """Add things to the current basket, or to the visitor's; pressed again it adds nothing."""
    wanted = sent_things(request)
    try:
        if isinstance(request.user, User) and request.POST.get("of") == "held":
            sign_in.take_over(request, request.user)
            return go_back(request)
        outcome, name, limit = _add(request, wanted)
    except BasketRefused as refused:
        return refuse(request, refused)
    if is_button(request) and outcome.added + outcome.present:
        return button_of(request, wanted[0], is_in=True, changes_count=True)
    outcomes.tell(request, outcome, name=name, limit=limit)
    return go_back(request)


def _add(request: HttpRequest, wanted: Sequence[str]) -> tuple[Added, str, int]:
    if isinstance(request.user, User):
        basket = services.current_or_new(request.user)
        return services.add(basket, wanted, by=request.user), basket.name, services.MAX_ITEMS
    seen = services.visible_things(request.user, wanted)
    added, beyond = visitors.add(request, list(seen))
    first = next(iter(seen.values())).title if seen else ""
    outcome = Added(added, len(seen) - added - beyond, len(set(wanted)) - len(seen), beyond, first)
    return outcome, _("My basket"), visitors.MAX_ITEMS


@never_cache
@login_not_required
@from_own_page
@require_POST
@rate_limited(ACT)
def remove(request: HttpRequest) -> HttpResponse:
    """Take things out of the current basket, or of the visitor's; it can be undone."""
    wanted = sent_things(request)
    if isinstance(request.user, User):
        basket = services.current(request.user)
        try:
            if basket is not None:
                removal, count = services.remove(basket, only=wanted)
                offer_undo(request, count, removal=str(removal))
        except BasketRefused as refused:
            return refuse(request, refused)
    elif gone := visitors.remove(request, [*wanted, *visitors.marked(request, request.POST.getlist("mark"))]):
        if shown := services.visible_things(request.user, gone):  # the others are neither named nor added again
            offer_undo(request, len(gone), things=list(shown))
        else:
            messages.success(request, removed(len(gone)))
    if is_button(request):
        return button_of(request, wanted[0], is_in=False, changes_count=True)
    return go_back(request)


@never_cache
@login_not_required
@require_safe
def button(request: HttpRequest) -> HttpResponse:
    """The button of a thing as it is for this person: pages ask for it when they are there, so that none of them waits for it."""
    thing = request.GET.get("thing", "")
    if not services.fits(thing) or things.kind_of(thing) is None:
        raise Http404(_("Page not found."))
    user = request.user
    is_in = services.is_in_current(user, thing) if isinstance(user, User) else thing in visitors.held(request)
    return button_of(request, thing, is_in=is_in)


def button_of(request: HttpRequest, thing: str, *, is_in: bool, changes_count: bool = False) -> HttpResponse:
    """The button as a fragment; with what else on the page tells how many there are."""
    context = {
        "thing": thing,
        "is_in": is_in,
        "changes_count": changes_count,
        "name": request.POST.get("name") or request.GET.get("name", ""),
    }
    if changes_count:
        if isinstance(request.user, User):
            counting.forget(request.user)
        context["count"] = counting.count_for(request)
    return render(request, "baskets/button.html", context)


def refuse(request: HttpRequest, refused: BasketRefused) -> HttpResponse:
    """Back to where the form was, with the reason."""
    messages.error(request, str(refused))
    return go_back(request)


def offer_undo(request: HttpRequest, count: int, **how: object) -> None:
    """The basket's page offers to undo it, when it is opened next."""
    if count:
        undoing.offer(request, removed(count), **how)


def removed(count: int) -> str:
    """How many items went, in words."""
    return ngettext("%(n)s item was removed.", "%(n)s items were removed.", count) % {"n": count}


def sent_things(request: HttpRequest) -> list[str]:
    """What a form names: things, or numbers of one kind where a list has them for other acts, too."""
    kind = request.POST.get("of", "")
    named = [f"{kind}:{number}" for number in request.POST.getlist(kind)] if kind in ("run",) else []
    return [*dict.fromkeys([*request.POST.getlist("thing"), *named])][: services.MAX_AT_ONCE]


def is_button(request: HttpRequest) -> bool:
    """Whether the button of one thing was pressed on an open page."""
    return bool(request.htmx) and len(sent_things(request)) == 1  # type: ignore[attr-defined]


def back_to(request: HttpRequest) -> str:
    """Where the form was, or the page of the only thing; else the basket."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return back
    wanted = sent_things(request)
    page = things.page_of(request.user, wanted[0]) if len(wanted) == 1 else None
    return page.url if page else reverse("baskets:detail")


def go_back(request: HttpRequest) -> HttpResponse:
    """The next page, also where only a part of the page was asked for."""
    where = plain(back_to(request))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(where)
    response = HttpResponse()
    response["HX-Redirect"] = where
    return response
