"""Markdown of the documentation as HTML that went through the sanitiser, with marks at its headings."""

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

_ELSEWHERE = re.compile(r"(?:https?|mailto):|#")
_ATTRIBUTES = deepcopy(nh3.ALLOWED_ATTRIBUTES) | {f"h{level}": {"id"} for level in range(1, 7)}
_LISTED = ("h2", "h3")  # in the list of contents

Resolve = Callable[[str], str | None]


@dataclass(frozen=True)
class Heading:
    """A heading below the title: its words, the mark to link to, and how deep it stands (2 or 3)."""

    title: str
    mark: str
    level: int


@dataclass(frozen=True)
class Rendered:
    """A page's title (empty where it has none), its HTML without that title, its headings, and its words without marks."""

    title: str
    html: SafeString
    headings: tuple[Heading, ...]
    text: str


def render(source: str, resolve: Resolve) -> Rendered:
    """The page as HTML. `resolve` gives the address for each link and picture that leads to a file, or None for none."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(source)
    headings = _mark(tokens)
    for token in tokens:
        token.children = _linked(token.children, resolve) if token.children else token.children
    title = ""
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title = _words(tokens[1].children or [])
        tokens = tokens[3:]
    html = nh3.clean(reader.renderer.render(tokens, reader.options, {}), attributes=_ATTRIBUTES)
    return Rendered(title, mark_safe(html), tuple(headings), _text(tokens))  # noqa: S308 -- the sanitiser wrote it


def _words(tokens: Sequence[Token]) -> str:
    """What a line says, without its marks."""
    return "".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens if token.type != "image")


def _text(tokens: Sequence[Token]) -> str:
    """What the page says: a line for each block."""
    lines = (_words(token.children) if token.children else token.content for token in tokens if token.type in ("inline", "fence"))
    return "\n".join(line.strip() for line in lines)


def _mark(tokens: Sequence[Token]) -> list[Heading]:
    """Give each heading a mark of its own; those that belong into the list of contents."""
    used: set[str] = set()
    found = []
    for opening, line in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        words = _words(line.children or [])
        name = slugify(words) or "part"
        mark = next(mark for mark in (name, *(f"{name}-{number}" for number in range(1, len(used) + 2))) if mark not in used)
        used.add(mark)
        opening.attrSet("id", mark)
        if opening.tag in _LISTED:
            found.append(Heading(words, mark, int(opening.tag[1])))
    return found


def _linked(tokens: Sequence[Token], resolve: Resolve) -> list[Token]:
    """The line with its links and pictures leading to addresses; a link that leads nowhere stays as plain text."""
    kept: list[Token] = []
    is_dropped = False
    for token in tokens:
        if token.type == "link_close" and is_dropped:
            is_dropped = False
            continue
        name = {"link_open": "href", "image": "src"}.get(token.type)
        target = str(token.attrGet(name) or "") if name else ""
        if name and not _ELSEWHERE.match(target):
            address = resolve(target)
            if address is None:
                is_dropped = token.type == "link_open"
                continue
            token.attrSet(name, address)
        kept.append(token)
    return kept
