"""Buttons that put what a page is about into the basket, and how many things are in it."""

import re
from typing import Any

from django import template
from django.db import DatabaseError
from django.http import HttpRequest
from django.template.context import Context

from vre_portal import things
from vre_portal.iam.models import User

register = template.Library()
NOT_SENT = re.compile(r"[\x00-\x1f\x7f]")


@register.simple_tag(takes_context=True)
def basket_count(context: Context) -> int:
    """How many things are in the basket of who looks; a page of an error is shown also where nothing can be counted."""
    request = context.get("request")
    try:
        return things.count_in_basket(request) if isinstance(request, HttpRequest) else 0
    except DatabaseError:
        return 0


@register.inclusion_tag("baskets/button.html", takes_context=True)
def basket_button(context: Context, kind: str, value: object, title: str = "") -> dict[str, Any]:
    """A button that adds a thing to the basket: the same for everybody, so that the page can be kept.

    Where somebody has something in the basket, the page asks afterwards whether this thing is in it.
    """
    count = context["basket_count"] if "basket_count" in context else basket_count(context)  # which a part that is kept was given
    shared = {"user": context.get("user"), "csrf_token": context.get("csrf_token")}
    return {"thing": f"{kind}:{value}", "name": title, "asks": bool(count), **shared}


@register.inclusion_tag("baskets/box.html")
def basket_box(*parts: object, title: str = "") -> dict[str, Any]:
    """The checkbox of a row for `basket_selection`; the thing is its kind and the parts of its value.

    None for a name with a line break or the like: a browser would send another one.
    """
    thing = ":".join(map(str, parts))
    return {"thing": "" if NOT_SENT.search(thing) else thing, "title": title or parts[-1]}


@register.inclusion_tag("baskets/selection.html", takes_context=True)
def basket_selection(context: Context) -> dict[str, Any]:
    """The form of a list whose rows have checkboxes named `thing` that belong to it: it adds those that were selected."""
    signed_in = context.get("signed_in", isinstance(context.get("user"), User))  # a part that is kept has no person
    return {"signed_in": signed_in, "request": context.get("request"), "csrf_token": context.get("csrf_token")}
