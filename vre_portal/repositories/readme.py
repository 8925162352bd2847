"""What a README says: its title, its first sentences and its text as Markdown, without badges and HTML."""

import re
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from vre_portal.markdown_bounds import readable_end
from vre_portal.repositories.restructured_text import to_markdown

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`++[^`\n]+`+)")
MAX_CHARACTERS, MAX_LINES = 100_000, 5_000  # that are read, before anything is left out of them; more than a description holds
LOOKED_AT = 20_000  # characters of the beginning in which title and summary are looked for
FEW_WORDS = 4
_FRONT = re.compile(r"\A---\n(?:[^\n]*\n){1,200}?---\n")  # settings of a website
_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,500}>([^<>]{0,500})</h\1>", re.I)
_ANCHOR = re.compile(r"<a\b[^<>]{0,500}?\bhref=[\"'](https?://[^\"'<>\s]{1,500})[\"'][^<>]{0,500}>([^<>\[\]]{1,500})</a>", re.I)
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|center|dd|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|img|kbd|li|ol|p|picture|small|source|span|strong"
    r"|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul|video)\b[^<>]{0,2000}>",
    re.I,
)
_PICTURE = r"!\[[^\[\]]{0,300}\](?:\([^()\s]{0,1000}(?:\s\"[^\"]{0,200}\")?\)|\[[^\[\]]{0,200}\])"
_LINKED_PICTURE = re.compile(rf"\[\s*{_PICTURE}\s*\](?:\([^()\s]{{0,1000}}\)|\[[^\[\]]{{0,200}}\])")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Readme:
    """Title and summary are plain words; either may be empty. The description is what follows the title."""

    title: str
    summary: str
    description: str


def read(text: str, *, is_restructured: bool) -> Readme:
    """What the README says."""
    text, is_cut = _beginning(text.expandtabs(8) if is_restructured else text)
    text = to_markdown(text) if is_restructured else _without_html(_FRONT.sub("", text, count=1))
    source = re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n\n…" * is_cut
    looked_at = source[:LOOKED_AT]
    tokens = MarkdownIt("commonmark", {"html": False}).parse(looked_at[: readable_end(looked_at)])
    title, begin = "", 0
    if tokens and tokens[0].type == "heading_open" and tokens[0].map:
        title, begin = _words(tokens[1]), tokens[0].map[1]
    paragraphs = [_words(after) for token, after in pairwise(tokens) if token.type == "paragraph_open" and token.level == 0]
    said = [words for words in paragraphs if _LETTERS.search(words)]
    # The first lines are often links to the manual alone.
    summary = next((words for words in said if len(words.split()) >= FEW_WORDS), "".join(said[:1]))
    return Readme(title, summary, "\n".join(source.split("\n")[begin:]).strip("\n"))


def _beginning(text: str) -> tuple[str, bool]:
    """As much of the text as is read, up to the end of a paragraph where one ends in its second half, and whether that is not all."""
    end = min(len(text), MAX_CHARACTERS)
    lines = text[:end].split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        end -= len(lines.pop())
    if not text[end:].strip():
        return text[:end], False
    places = (text.rfind(mark, end // 2, end) for mark in ("\n\n", "\n", " "))
    return text[: next((place for place in places if place > 0), end)].rstrip(), True


def _words(line: Token) -> str:
    """The words of a line or paragraph, without those of its pictures."""
    parts = (part for part in line.children or () if part.type != "image")
    return " ".join("".join(part.content or " " * part.type.endswith("break") for part in parts).split())


def _without_html(text: str) -> str:
    """The text without comments, badges and tags, except in code."""
    kept: list[str] = []
    prose: list[str] = []
    fence = ""

    def flush() -> None:
        kept.append(_prose("\n".join(prose)))
        prose.clear()

    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            kept.append(line)
            if match and match[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif match:
            flush()
            kept.append(line)
            fence = match[1]
        else:
            prose.append(line)
    flush()
    return "\n".join(kept)


def _prose(text: str) -> str:
    parts = _CODE.split(_without_comments(text))
    return "".join(part if place % 2 else _tags(part) for place, part in enumerate(parts))


def _without_comments(text: str) -> str:
    """The text without HTML comments; one that does not end stays."""
    before, *parts = text.split("<!--")
    kept = [before]
    for part in parts:
        _comment, end, rest = part.partition("-->")
        kept.append(rest if end else f"<!--{part}")
    return "".join(kept)


def _tags(text: str) -> str:
    text = _HEADING.sub(lambda match: f"\n\n{'#' * int(match[1])} {match[2].strip()}\n\n", text)
    text = _ANCHOR.sub(lambda match: f"[{match[2].strip()}]({match[1]})", text)
    text = _TAG.sub("", _LINKED_PICTURE.sub("", text))
    # What the tags were indented with would make code of their words.
    return re.sub(r"\n[ \t]+\n", "\n\n", text)
