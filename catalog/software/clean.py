"""Descriptions from elsewhere, made fit to stand on a page."""

import re
from html import unescape

import nh3
from django.utils.html import linebreaks

from vre_portal.text import plain

TAGS = {"p", "br", "ul", "ol", "li", "a", "code", "pre", "em", "strong", "b", "i", "blockquote"}
MARKUP = re.compile(r"<(p|br|ul|ol|li|div|span|a|em|strong|b|i|h[1-6]|pre|code|table)\b", re.IGNORECASE)


def description(text: str) -> str:
    """HTML with only harmless tags: from HTML, from HTML that was escaped once too often, or from plain text."""
    source = plain(text).strip()
    if not MARKUP.search(source) and MARKUP.search(unescape(source)):
        source = unescape(source)
    markup = source if MARKUP.search(source) else linebreaks(source, autoescape=True)
    return nh3.clean(markup, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"}, link_rel="nofollow noopener noreferrer")
