"""What Markdown says without its marks: as plain words, and as an excerpt."""

import re

from markdown_it import MarkdownIt

from vre_portal.markdown_bounds import BUDGET, EXCERPT_BUDGET, readable_end
from vre_portal.text import plain

_BLANKS = re.compile(r"\s+")


def words_of(source: str, budget: int = BUDGET) -> str:
    """What the Markdown says, without its marks, links and pictures, on one line; as it is, where a parser would take too long for it."""
    end = readable_end(source, budget)
    lines = []
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(source[:end]):
        if token.type in ("fence", "code_block"):
            lines.append(token.content)
        lines += [" " if part.type in ("softbreak", "hardbreak") else part.content for part in token.children or () if part.type != "image"]
        if token.type == "inline":
            lines.append(" ")
    return _BLANKS.sub(" ", plain("".join([*lines, source[end:]]))).strip()


def excerpt(source: str, length: int = 200) -> str:
    """The first words of the Markdown, at most so many characters; never a part of a word, unless the first one is longer than that."""
    words = words_of(source[: 20 * length], EXCERPT_BUDGET)
    if len(words) <= length:
        return words
    cut = words[: length - 1]
    if words[length - 1] != " " and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(" .,;:–—-") + "…"
