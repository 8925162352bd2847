"""`{% banners %}`: the announcements at the top of a page, for its reader."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context

from vre_portal.banners import present
from vre_portal.banners.models import Banner

register = template.Library()
MAX_SHOWN = 3  # further ones are folded


def state_of(banners: Sequence[Banner]) -> str:
    """What a page shows, as a part of an address: an open page asks whether it is still so."""
    return "-".join(banner.mark for banner in banners[: present.MAX_MARKS]) or "none"


def banner_context(request: HttpRequest | None, banners: Sequence[Banner]) -> dict[str, Any]:
    """What the part with the banners is made of."""
    return {
        "request": request,
        "user": getattr(request, "user", None),
        "state": state_of(banners),
        "first_banners": banners[:MAX_SHOWN],
        "more_banners": banners[MAX_SHOWN:],
    }


@register.inclusion_tag("banners/banners.html", takes_context=True)
def banners(context: Context) -> dict[str, Any]:
    """The banners for the reader of the page; also on pages of errors, which may have no request."""
    request = context.get("request")
    return {**banner_context(request, present.banners_for(request)), "csrf_token": context.get("csrf_token", "")}
