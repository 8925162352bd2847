"""Markdown that people write, as HTML that went through the sanitiser: tables, footnotes, formulas, headings below those of the page.

Addresses become links. Pictures come from the portal alone, as far as the caller allows them; HTML in the text is shown as text.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from html import escape
from threading import Lock
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from vre_portal import formulas, markdown_bounds, markdown_links, markdown_messages

MAX_LENGTH = markdown_bounds.MAX_LENGTH  # characters that are read; what follows is shown as it is
MAX_FORMULAS, MAX_FORMULA_CHARACTERS = 300, 4_000  # of one text, altogether; further ones stay as they were typed
KEPT, KEPT_CHARACTERS = 200, 8_000_000  # rendered texts that a process remembers, and how long they may be altogether
TAGS = {
    "p", "br", "hr", "ul", "ol", "li", "a", "code", "pre", "em", "strong", "s", "sup", "blockquote", "img", "section",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", *formulas.TAGS,
}  # fmt: skip
_CLASSES = {"section": {"footnotes"}, "sup": {"footnote-ref"}, "ol": {"footnotes-list"}, "li": {"footnote-item"}, "a": {"footnote-backref"}}
_ATTRIBUTES = {
    "a": {"href", "id", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "li": {"id"},
    "th": {"align"},
    "td": {"align"},
    "code": set[str](),
    **{tag: set(formulas.ATTRIBUTES) for tag in formulas.TAGS},
}
_ALIGNMENT = re.compile(r"text-align:(left|right|center)")
_ELSEWHERE = re.compile(r"(?:https?|mailto):", re.IGNORECASE)

AllowPicture = Callable[[str], str]  # the address of a picture that may stand in the text, from the one that is written; empty for none


def nothing_allowed(address: str) -> str:
    """No picture at all."""
    return ""


def render(
    source: str,
    *,
    allow_picture: AllowPicture = nothing_allowed,
    allowed_for: str = "",
    level: int = 2,
    prefix: str = "",
    is_message: bool = False,
) -> SafeString:
    """The text as HTML whose highest heading is of a level. `allowed_for` tells one `allow_picture` from another, for what is remembered.

    `prefix` begins the marks of footnotes, so that two texts may stand in one page. In a message, such as
    a comment, each line stays a line, and what was pasted stays as it was (`markdown_messages`).
    """
    key = hashlib.sha256(repr((source, allowed_for, level, prefix, is_message, get_language())).encode("utf-8", "replace")).digest()
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    html = _rendered(source, allow_picture, level, prefix, is_message)
    with _lock:
        _kept[key] = html
        while len(_kept) > KEPT or sum(map(len, _kept.values())) > KEPT_CHARACTERS:
            _kept.popitem(last=False)
    return html


_kept: OrderedDict[bytes, SafeString] = OrderedDict()
_lock = Lock()


def _rendered(source: str, allow_picture: AllowPicture, level: int, prefix: str, is_message: bool) -> SafeString:
    end = markdown_bounds.readable_end(source)
    read, rest = source[:end], source[end:]
    reader = _reader()
    if is_message:
        markdown_messages.read_as_message(reader)
    env: dict[str, Any] = {"docId": prefix, "formulas": 0, "formula_characters": 0, "says_formulas": True}
    tokens = reader.parse(read, env)
    _lower_headings(tokens, level)
    for token in tokens:
        _align(token)
        if token.children:
            token.children = markdown_links.with_links(reader, _with_pictures(token.children, allow_picture))
    html = reader.renderer.render(tokens, reader.options, env) + (_as_typed(rest) if rest else "")
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(clean)  # noqa: S308 -- the sanitiser wrote it


def _reader() -> MarkdownIt:
    """A parser of its own for each text: its rules for formulas count those of this text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).use(footnote_plugin)
    reader.use(dollarmath_plugin, allow_labels=False, allow_digits=False, allow_space=False, double_inline=True)
    reader.add_render_rule("math_inline", _formula)
    reader.add_render_rule("math_inline_double", _formula)
    reader.add_render_rule("math_block", _formula)
    reader.add_render_rule("footnote_block_open", _footnotes_open)
    return reader


def _as_typed(rest: str) -> str:
    """What follows the part that is read, below a line that says so."""
    notice = gettext("From here on the text is shown as typed: it is too long, or has too many marks, to be formatted.")
    return f"<p><em>{escape(notice)}</em></p>\n<pre>{escape(rest)}</pre>"


def _formula(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    """A formula as MathML; one that cannot be read, or is one too many, stands as it was typed."""
    token = tokens[index]
    env["formulas"] += 1
    env["formula_characters"] += len(token.content)
    is_too_much = env["formulas"] > MAX_FORMULAS or env["formula_characters"] > MAX_FORMULA_CHARACTERS
    block = token.type != "math_inline"
    try:
        if is_too_much:
            raise formulas.NotAFormula
        shown = formulas.mathml(token.content.strip(), block=block)
    except formulas.NotAFormula:
        shown = f"<code>{escape(token.markup + token.content + token.markup)}</code>"
    if is_too_much and env["says_formulas"]:
        env["says_formulas"] = False
        shown += f" <em>{escape(gettext('(Too many formulas: this one and those after it may be shown as typed.)'))}</em>"
    return f"<p>{shown}</p>\n" if token.type == "math_block" else shown


def _footnotes_open(*_args: Any) -> str:
    return '<hr>\n<section class="footnotes">\n<ol class="footnotes-list">\n'


def _lower_headings(tokens: Sequence[Token], level: int) -> None:
    """Move the headings so that the highest is of the level, in their order."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    shift = level - min((int(token.tag[1]) for token in headings), default=level)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + shift)}"


def _align(token: Token) -> None:
    """Cells of a table are aligned by an attribute: a style is refused by the browser."""
    if token.type in ("th_open", "td_open") and (match := _ALIGNMENT.match(str(token.attrs.pop("style", "")))):
        token.attrs["align"] = match[1]


def _with_pictures(tokens: Sequence[Token], allow_picture: AllowPicture) -> list[Token]:
    """The line with those pictures that may stand in it; of the others their words stay, leading to the picture where it is elsewhere."""
    shown: list[Token] = []
    is_in_link = False
    for token in tokens:
        is_in_link = (is_in_link or token.type == "link_open") and token.type != "link_close"
        address = str(token.attrGet("src") or "") if token.type == "image" else ""
        if token.type != "image" or (own := allow_picture(address)):
            if token.type == "image":
                token.attrSet("src", own)
            shown.append(token)
            continue
        words = Token("text", "", 0, content=_words(token.children or []) or address)
        if _ELSEWHERE.match(address) and not is_in_link:
            shown += [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]
        else:
            shown.append(words)
    return shown


def _words(tokens: Sequence[Token]) -> str:
    return "".join(_words(token.children) if token.children else token.content for token in tokens)
