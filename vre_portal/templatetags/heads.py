"""The head of each page: description, one canonical address, and for visitors what a preview of a link shows."""

from django import template
from django.conf import settings
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.text import plain

register = template.Library()
DEFAULT_PICTURE = "img/share.png"
_PLAIN = '<meta name="description" content="{}">\n    <link rel="canonical" href="{}">'


@register.simple_tag(takes_context=True)
def page_head(context: Context) -> SafeString:
    """Of a page without a head of its own only what the portal is, and its address.

    Programs that make previews of links have no session, so a person's page has neither preview nor data: what only some may see
    cannot be in them.
    """
    head, request = context.get("head"), context.get("request")
    own = head if isinstance(head, PageHead) else None
    canonical = absolute(own.path if own and own.path else request.path if request else "/")
    if own is None or getattr(context.get("user"), "is_authenticated", False):
        return format_html(_PLAIN, site_description(), canonical)
    return render_to_string(
        "components/page_head.html",
        {
            "head": own,
            "title": plain(own.title),
            "description": plain(own.description) or site_description(),
            "canonical": canonical,
            "picture": absolute(own.picture or static(DEFAULT_PICTURE)),
            "site_name": settings.SITE["name"],
            "data": json_ld.in_page(own.data) if own.data else "",
        },
    )


def site_description() -> str:
    """What the portal is, in a sentence."""
    site = settings.SITE
    text = _("%(name)s is a Virtual Research Environment for %(audience)s.")
    return text % {"name": site["name"], "audience": site["audience"]}
