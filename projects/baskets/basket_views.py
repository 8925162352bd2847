"""What a person does with whole baskets: make, name, choose, empty and delete them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from projects.baskets import services, undoing
from projects.baskets.adding_views import offer_undo
from projects.baskets.forms import BasketForm
from projects.baskets.page_views import show
from projects.baskets.permissions import basket_for
from projects.baskets.services import BasketRefused
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


@never_cache
@require_POST
@rate_limited(ACT)
def new(request: HttpRequest) -> HttpResponse:
    """Make another basket; it is the current one from now on."""
    user = current_user(request)
    form = BasketForm(request.POST, user=user)
    if form.is_valid():
        try:
            return redirect(services.create(**form.cleaned_data, by=user))
        except BasketRefused as refused:
            form.add_error(None, str(refused))
    return show(request, services.current(user), status=422, new_form=form)


@never_cache
@require_POST
@rate_limited(ACT)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, or another project."""
    user, basket = current_user(request), basket_for(request, pk)
    form = BasketForm(request.POST, user=user, basket=basket)
    if form.is_valid():
        try:
            services.edit(basket, **form.cleaned_data)
            return redirect(basket)
        except BasketRefused as refused:
            form.add_error(None, str(refused))
    return show(request, basket_for(request, pk), status=422, edit_form=form)


@require_POST
@rate_limited(ACT)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on things go into this basket."""
    basket = basket_for(request, pk)
    try:
        services.choose(basket)
    except BasketRefused as refused:
        messages.error(request, str(refused))
        return redirect("baskets:detail")
    return redirect(basket)


@require_POST
@rate_limited(ACT)
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove all items; it can be undone."""
    basket = basket_for(request, pk)
    try:
        removal, count = services.remove(basket)
        offer_undo(request, count, removal=str(removal))
    except BasketRefused as refused:
        messages.error(request, str(refused))
    return redirect(basket)


@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the basket; it can be undone."""
    basket = basket_for(request, pk)
    try:
        services.delete(basket)
    except BasketRefused as refused:
        messages.error(request, str(refused))
    else:
        undoing.offer(request, _("The basket “%(name)s” was deleted.") % {"name": basket.name}, restored=basket.pk)
    return redirect("baskets:detail")
