"""The head of each page: description, one canonical address, and for visitors what a preview of a link shows."""

from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.utils.translation import gettext as _

from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.text import plain

register = template.Library()
DEFAULT_PICTURE = "img/share.png"


@register.inclusion_tag("components/page_head.html", takes_context=True)
def page_head(context: Context) -> dict[str, Any]:
    """Of a page without a head of its own only what the portal is.

    Whoever follows a link for a preview has no session, so that a person's page has neither preview nor data: what only some may see
    cannot be in them.
    """
    head, request = context.get("head"), context.get("request")
    is_visitor = not getattr(context.get("user"), "is_authenticated", False)
    own = head if isinstance(head, PageHead) and is_visitor else None
    path = own.path if own and own.path else request.path if request else "/"
    return {
        "head": own,
        "title": plain(own.title) if own else "",
        "description": plain(own.description) if own and own.description else site_description(),
        "canonical": absolute(path),
        "picture": absolute((own.picture if own else "") or static(DEFAULT_PICTURE)),
        "site_name": settings.SITE["name"],
        "data": json_ld.in_page(own.data) if own and own.data else "",
    }


def site_description() -> str:
    """What the portal is, in a sentence."""
    site = settings.SITE
    text = _("%(name)s is a Virtual Research Environment for %(audience)s.")
    return text % {"name": site["name"], "audience": site["audience"]}
