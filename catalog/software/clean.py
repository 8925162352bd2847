"""Descriptions from elsewhere, made fit to stand on a page: harmless, with their meaning, and below the page's own headings."""

import re
from html import escape, unescape

import nh3
from django.utils.html import linebreaks

from vre_portal.text import plain

TAGS = {
    "p", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "a", "code", "pre", "kbd", "samp", "em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "small",
    "sub", "sup", "abbr", "q", "cite", "blockquote", "h3", "h4", "h5", "h6", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
FRAMES = {"div", "span", "img", "h1", "h2", "center", "font", "figure", "figcaption", "section", "article"}  # known, and left out
ATTRIBUTES = {
    "a": {"href"},
    "abbr": {"title"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
# A "<" begins a tag only where a whole one follows: "1<i<5 and x>2" and "a <b and c> d" are words.
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
_FLAG = r"(?:nowrap|reversed|download|hidden|compact|noshade|itemscope|controls|allowfullscreen)\b"
_REST = rf"(?:\s+(?:[\w:.-]+\s*=\s*{_VALUE}|{_FLAG}))*\s*/?>"
MARKUP = re.compile(rf"</?(?:{'|'.join(sorted(TAGS | FRAMES, key=len, reverse=True))}){_REST}", re.IGNORECASE)
LOOSE = re.compile(rf"<(?!/?[a-zA-Z][\w:-]*{_REST}|!--|!doctype|\?)", re.IGNORECASE)
PICTURE = re.compile(r"""<img\b(?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
ALTERNATIVE = re.compile(rf"\balt\s*=\s*({_VALUE})", re.IGNORECASE)
HEADING = re.compile(r"<(/?)h([1-6])\b", re.IGNORECASE)
LEVEL = 3  # the page has headings of two levels above a description


def description(text: str) -> str:
    """HTML with only harmless tags: from HTML, from HTML that was escaped once too often, or from plain text."""
    source = plain(text).strip()
    if not MARKUP.search(source) and MARKUP.search(unescape(source)):
        source = unescape(source)
    if not MARKUP.search(source):
        source = linebreaks(source, autoescape=True)
    markup = _below_the_page(PICTURE.sub(_words_of_picture, LOOSE.sub("&lt;", source)))
    return nh3.clean(
        markup, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="nofollow noopener noreferrer"
    )


def _words_of_picture(match: re.Match[str]) -> str:
    """A picture of another site is not loaded; its words are kept, for badges and formulas say something."""
    found = ALTERNATIVE.search(match[0])
    words = unescape(found[1].strip("\"'")).strip() if found else ""
    return f" {escape(words)} " if words else ""


def _below_the_page(markup: str) -> str:
    """Headings moved so that the highest stands right below the page's own, in their order."""
    shift = LEVEL - min((int(level) for _, level in HEADING.findall(markup)), default=LEVEL)
    return HEADING.sub(lambda match: f"<{match[1]}h{min(6, int(match[2]) + shift)}", markup)
