"""Addresses that stand in a text as people type them, as links: the whole address stays readable."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_ADDRESS = re.compile(r"(?<![\w@/.:-])(?:https?://|www\.)(?=\w)[^\s<>\"“”„«»]{1,2000}", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def with_links(reader: MarkdownIt, tokens: Sequence[Token]) -> list[Token]:
    """The tokens of one line; in texts that are not part of a link already, addresses of the web have become links."""
    shown: list[Token] = []
    is_in_link = False
    for token in tokens:
        is_in_link = (is_in_link or token.type == "link_open") and token.type != "link_close"
        shown += _linked(reader, token.content) if token.type == "text" and not is_in_link else [token]
    return shown


def _linked(reader: MarkdownIt, text: str) -> Iterator[Token]:
    done = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        target = reader.normalizeLink(address if "://" in address else f"https://{address}")
        if "." in address and reader.validateLink(target):
            yield Token("text", "", 0, content=text[done : match.start()])
            yield Token("link_open", "a", 1, attrs={"href": target})
            yield Token("text", "", 0, content=address)
            yield Token("link_close", "a", -1)
            done = match.start() + len(address)
    yield Token("text", "", 0, content=text[done:])


def _trimmed(address: str) -> str:
    """Without the marks of the sentence that follow it, and without a bracket that was opened before it."""
    while address:
        last = address[-1]
        is_outer = last in _CLOSING and address.count(last) > address.count(_CLOSING[last])
        if not is_outer and last not in ".,:;!?'’*_~…":
            break
        address = address[:-1]
    return address
