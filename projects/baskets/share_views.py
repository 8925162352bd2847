"""Links to a basket: making and revoking them, and what their readers see."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.baskets import outcomes, presenting, services, sharing, visitors
from projects.baskets.basket_views import manage_page
from projects.baskets.forms import ShareForm
from projects.baskets.page_views import address_of
from projects.baskets.permissions import basket_for
from projects.baskets.services import Added, BasketRefused
from projects.baskets.targets import TARGETS
from projects.people.invitation_views import unlisted
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, RateLimit, rate_limited
from vre_portal.pages.forms import from_own_page
from vre_portal.things import ThingPage

READ = RateLimit("search", frozenset({"GET", "HEAD"}))  # by a secret address: nobody tries many


@never_cache
@require_POST
@rate_limited(ACT)
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link and show it this once."""
    basket, form = basket_for(request, pk), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long the link works."))
        return redirect("baskets:manage", pk=pk)
    try:
        address = sharing.share(basket, by=current_user(request), days=form.cleaned_data["days"], key=form.cleaned_data["key"])
    except BasketRefused as refused:
        messages.error(request, str(refused))
        return redirect("baskets:manage", pk=pk)
    return manage_page(request, basket, shared=address)


@require_POST
@rate_limited(ACT)
def revoke(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """Let a link work no longer."""
    basket = basket_for(request, pk)
    sharing.revoke(basket, link, by=current_user(request))
    messages.success(request, _("The link was revoked. Nobody can open the basket with it any more."))
    return redirect("baskets:manage", pk=pk)


@unlisted
@never_cache
@login_not_required
@require_safe
@rate_limited(READ)
def shared(request: HttpRequest, secret: str) -> HttpResponse:
    """The basket by its link: as far as its reader may see what is in it, and of the rest only how much there is."""
    basket = sharing.shared_basket(secret)
    if basket is None:
        return no_link(request)
    page = presenting.page_of(basket.items.present(), request.GET.get("page", ""), presenting.PAGE)
    rows = presenting.rows_of(page, request.user)
    shown, unchecked = [row for row in rows if row.page], sum(row.is_unchecked for row in rows)
    context = {
        "uses": TARGETS.values(), "targets_url": f"{reverse('baskets:shared', args=[secret])}as/", "basket": basket, "rows": shown, "page": page, "hidden": len(rows) - len(shown) - unchecked, "unchecked": unchecked, "secret": secret,
        "next_url": address_of(request, page.next_page_number()) if page.has_next() else "",
        "previous_url": address_of(request, page.previous_page_number()) if page.has_previous() else "",
    }  # fmt: skip
    return render(request, "baskets/shared.html", context)


@unlisted
@never_cache
@login_not_required
@from_own_page
@require_POST
@rate_limited(ACT)
def copy(request: HttpRequest, secret: str) -> HttpResponse:
    """Copy what the reader may see into their own basket."""
    basket, user = sharing.shared_basket(secret), request.user
    if basket is None:
        return no_link(request)
    held = [item.thing for item in basket.items.present()]
    if isinstance(user, User):
        own = services.current_or_new(user)
        if own.pk == basket.pk:
            messages.info(request, _("This is your own basket. Nothing was copied."))
            return redirect("baskets:detail")
        try:
            outcomes.tell(request, services.add(own, held, by=user), name=own.name, limit=services.MAX_ITEMS)
        except BasketRefused as refused:
            messages.error(request, str(refused))
            return redirect("baskets:shared", secret=secret)
    else:
        pages: dict[str, ThingPage] = services.visible_things(user, held)
        added, beyond = visitors.add(request, list(pages))
        first = next(iter(pages.values())).title if pages else ""
        outcome = Added(added, len(pages) - added - beyond, len(held) - len(pages), beyond, first)
        outcomes.tell(request, outcome, name=_("My basket"), limit=visitors.MAX_ITEMS)
    return redirect("baskets:detail")


def no_link(request: HttpRequest) -> HttpResponse:
    """The page of a link that does not work, with what to do."""
    return render(request, "baskets/no_link.html", status=404)
