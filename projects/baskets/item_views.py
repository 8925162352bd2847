"""What a person does with the items of a basket: remove, order and copy them, note something, undo."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.baskets import outcomes, presenting, services
from projects.baskets.adding_views import offer_undo
from projects.baskets.forms import DIRECTIONS, ItemsForm, NoteForm
from projects.baskets.models import Basket
from projects.baskets.permissions import basket_for, item_for
from projects.baskets.services import BasketRefused
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


@require_POST
@rate_limited(ACT)
def items(request: HttpRequest, pk: int) -> HttpResponse:
    """One act on the items that were selected."""
    basket, form = basket_for(request, pk), ItemsForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(list_address(request, basket))
    if form.cleaned_data["act"] == "as":
        chosen = urlencode([("item", number) for number in form.cleaned_data["item"]])
        return redirect(f"{reverse('baskets:targets', args=[basket.pk])}?{chosen}")
    try:
        act_on(request, basket, **form.cleaned_data)
    except BasketRefused as refused:
        messages.error(request, str(refused))
    return redirect(list_address(request, basket))


def act_on(request: HttpRequest, basket: Basket, *, act: str, item: list[int], to: int | None) -> None:
    """Do it, and say what was done where the list does not show it. Raises BasketRefused."""
    if act == "remove":
        removal, count = services.remove(basket, item)
        offer_undo(request, count, removal=str(removal))
    elif act in dict(DIRECTIONS):
        services.move(basket, item, act)
    else:
        target = Basket.objects.of(current_user(request)).filter(pk=to or 0).exclude(pk=basket.pk).first()
        if target is None:
            raise BasketRefused(_("Choose the basket to copy to."))
        outcomes.tell(request, services.copy(basket, item, to=target), name=target.name, limit=services.MAX_ITEMS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def note(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """The form for the note of an item."""
    found = item_for(request, pk, item)
    form = NoteForm(request.POST or None, initial={"note": found.note})
    row = presenting.rows_of([found], current_user(request))[0]
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                services.write_note(found, form.cleaned_data["note"])
                return redirect(f"{list_address(request, found.basket)}#item-{found.pk}")
            except BasketRefused as refused:
                form.add_error(None, str(refused))
        status = 422
    context = {"basket": found.basket, "row": row, "form": form, "back": list_address(request, found.basket)}
    return render(request, "baskets/note.html", context, status=status)


@require_POST
@rate_limited(ACT)
def undo(request: HttpRequest) -> HttpResponse:
    """Put back what a removal took, or a basket that was deleted."""
    user, where = current_user(request), reverse("baskets:detail")
    try:
        if number := request.POST.get("restored", ""):
            where = services.restore(
                int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0, by=user
            ).get_absolute_url()
        else:
            basket, _count = services.undo(removal_of(request), by=user)
            where = basket.get_absolute_url()
    except BasketRefused as refused:
        messages.info(request, str(refused))
    return redirect(where)


def removal_of(request: HttpRequest) -> uuid.UUID:
    """Which removal the form names; one that is none cannot be undone."""
    try:
        return uuid.UUID(request.POST.get("removal", ""))
    except ValueError:
        raise BasketRefused(_("This can no longer be undone.")) from None


def list_address(request: HttpRequest, basket: Basket) -> str:
    """The list as it was open, with its page and filter."""
    back = request.POST.get("back") or request.GET.get("back", "")
    allowed = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if allowed and back.startswith(reverse("baskets:detail")) else basket.get_absolute_url()
