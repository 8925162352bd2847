"""Whose basket it is: nobody else learns whether there is one."""

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from projects.baskets.models import Basket, BasketItem
from vre_portal.iam.current_user import current_user


def basket_for(request: HttpRequest, pk: int) -> Basket:
    """A basket of the person. Raises Http404."""
    found = Basket.objects.of(current_user(request)).filter(pk=pk).first()
    if found is None:
        raise Http404(_("Basket not found."))
    return found


def item_for(request: HttpRequest, pk: int, item: int) -> BasketItem:
    """An item of a basket of the person. Raises Http404."""
    basket = basket_for(request, pk)
    found = basket.items.present().filter(pk=item).first()
    if found is None:
        raise Http404(_("This item is no longer in the basket."))
    found.basket = basket
    return found
