"""What the next page of a basket offers to undo, kept in the session until that page was shown."""

from typing import Any

from django.http import HttpRequest

UNDO = "basket_undo"


def offer(request: HttpRequest, text: str, **how: Any) -> None:
    """Offer it once: `removal` is that of items, `restored` a deleted basket, `things` what a visitor took out."""
    request.session[UNDO] = {"text": text, **how}


def offered(request: HttpRequest) -> dict[str, Any] | None:
    """What is to be offered now."""
    found = request.session.pop(UNDO, None) if UNDO in request.session else None
    return found if isinstance(found, dict) else None
