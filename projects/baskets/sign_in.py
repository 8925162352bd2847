"""What a visitor collected goes into their own basket at the sign-in."""

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from projects.baskets import outcomes, services, visitors
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


def merge(request: HttpRequest, user: User, **_: Any) -> None:
    """Add it, without what is there already; said in messages. Whatever fails here, nobody is kept from signing in."""
    held = visitors.held(request)
    if not held:
        return
    try:
        basket = services.current_or_new(user)
        outcome = services.add(basket, held, by=user)
    except Exception:
        logger.exception("a visitor's basket was not taken over")
        return
    del request.session[visitors.KEY]
    outcomes.tell(request, outcome, name=basket.name, limit=services.MAX_ITEMS)


def register() -> None:
    """Listen for sign-ins."""
    user_logged_in.connect(merge, dispatch_uid="baskets.merge")
