"""The bell of a page, and buttons that follow what the page is about."""

from collections.abc import Collection
from typing import Any

from django import template
from django.db import DatabaseError
from django.template.context import Context

from vre_portal.iam.models import User
from vre_portal.notices import bell, following
from vre_portal.notices.bell import Bell

register = template.Library()


@register.simple_tag(takes_context=True)
def notice_bell(context: Context) -> Bell | None:
    """The bell of who is signed in; None for visitors. A page of an error is shown also where nothing can be counted."""
    user = context.get("user")
    if not isinstance(user, User):
        return None
    try:
        return bell.of(user)
    except DatabaseError:
        return None


@register.simple_tag(takes_context=True)
def followed(context: Context, name: str) -> Collection[str]:
    """The values of the things of one kind that the person follows, for the buttons of a list."""
    user = context.get("user")
    return following.followed_values(name, user) if isinstance(user, User) else ()


@register.inclusion_tag("notices/follow_button.html", takes_context=True)
def follow_button(context: Context, name: str, value: object, title: str, values: Collection[str] | None = None) -> dict[str, Any]:
    """A button that follows or unfollows a thing; nothing for visitors. `values` are those of a list that are followed."""
    user, topic = context.get("user"), f"{name}:{value}"
    if not isinstance(user, User):
        return {}
    is_on = following.is_followed(topic, user) if values is None else str(value) in values
    return {"topic": topic, "title": title, "is_on": is_on, "is_small": values is not None, "csrf_token": context.get("csrf_token")}
