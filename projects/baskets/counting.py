"""How many things are in somebody's current basket, for the top of every page: kept in the cache, so that a page asks no database for it.

A number that was counted while another tab changed the basket is wrong for at most KEPT_SECONDS.
"""

from functools import partial

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from projects.baskets import visitors
from projects.baskets.models import Basket, BasketItem
from vre_portal.iam.models import User

KEPT_SECONDS = 60


def count_for(request: HttpRequest) -> int:
    """For the person, or for the visitor's session, of whom nothing is asked without one."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return len(visitors.held(request))
    kept: int | None = cache.get(_key(user.pk))
    if kept is None:
        kept = BasketItem.objects.present().filter(basket__in=Basket.objects.of(user).values("pk")[:1]).count()
        cache.set(_key(user.pk), kept, KEPT_SECONDS)
    return kept


def changed(person: int) -> None:
    """A basket of the person has changed: it is counted anew once the transaction is through."""
    transaction.on_commit(partial(cache.delete, _key(person)), robust=True)


def forget(user: User) -> None:
    """Count anew at once, for the answer to who changed it."""
    cache.delete(_key(user.pk))


def _key(person: int) -> str:
    return f"baskets:count:{person}"
