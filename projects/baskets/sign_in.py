"""What a visitor collected goes into their own basket at the sign-in."""

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from projects.baskets import outcomes, services, visitors
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


def merge(request: HttpRequest, user: User, **_: Any) -> None:
    """Add it. Whatever fails here, nobody is kept from signing in; the page of the basket offers it again."""
    try:
        if visitors.held(request):
            take_over(request, user)
    except Exception:
        logger.exception("a visitor's basket was not taken over")


def take_over(request: HttpRequest, user: User) -> None:
    """Add what the session holds, without what is there already, and say it; what has no room stays in the session. Raises BasketRefused."""
    held = visitors.held(request)
    basket = services.current_or_new(user)
    outcome = services.add(basket, held, by=user)
    visitors.remove(request, set(held) - set(outcome.left))
    if outcome.left:
        visitors.keep_for_session(request)
    else:
        visitors.forget(request)
    outcomes.tell(request, outcome, name=basket.name, limit=services.MAX_ITEMS)


def register() -> None:
    """Listen for sign-ins."""
    user_logged_in.connect(merge, dispatch_uid="baskets.merge")
