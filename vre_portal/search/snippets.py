"""A few words of a document around what was searched for, as pieces of plain text: which of them match, the template marks."""

import re
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vre_portal.folding import fold
from vre_portal.search import words
from vre_portal.search.query import ParsedQuery
from vre_portal.text import BETWEEN

LENGTH, BEFORE = 240, 60
_ENDS = re.compile(rf"(?<=[.!?])\s+(?=[^\W\d_])|{BETWEEN}")  # of a sentence, or of a value
_WORD = re.compile(r"[^\W_]+")


class Piece(NamedTuple):
    """A part of a text, and whether it is what was searched for."""

    text: str
    matches: bool


def sought(query: ParsedQuery) -> frozenset[str]:
    """The words to mark, as the index has them; those that only begin so end with *."""
    plain = [(word, term.starts) for term in query.terms if not (term.name or term.is_excluded) for word in words.words(term.text)]
    return frozenset(words.stem(word) for word, _ in plain) | {f"{word}*" for word, starts in plain if starts}


def pieces(text: str, marked: frozenset[str]) -> list[Piece]:
    """All of a text."""
    beginnings = tuple(word[:-1] for word in marked if word.endswith("*"))
    parts: list[Piece] = []
    end = 0
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        if words.stem(folded) in marked or (beginnings and folded.startswith(beginnings)):
            parts += [Piece(text[end : match.start()], False)] if match.start() > end else []
            parts.append(Piece(match[0], True))
            end = match.end()
    return [*parts, Piece(text[end:], False)] if end < len(text) else parts


def snippet(text: str, marked: frozenset[str]) -> list[Piece]:
    """The sentences of a text, or the named values, where the first of the words stands; its beginning where none does."""
    start = _first(text, marked)
    begin = _sentence_start(text, start)
    if start - begin > LENGTH // 2:
        begin = _word_start(text, start - BEFORE)
    end = len(text) if len(text) <= begin + LENGTH else text.rfind(" ", begin, begin + LENGTH)
    end = end if end > begin else begin + LENGTH
    is_whole = not begin or _ENDS.search(text[max(0, begin - 3) : begin + 1]) is not None
    shown = f"{'' if is_whole else '… '}{text[begin:end].strip()}{' …' if end < len(text) else ''}"
    return pieces(shown, marked)


def _first(text: str, marked: frozenset[str]) -> int:
    """Where the first of the words begins; 0 where none is there."""
    if not marked:
        return 0
    ways = "|".join(sorted((re.escape(word.rstrip("*")) for word in marked), key=len, reverse=True))
    folded = fold(text) if text.isascii() else "".join(fold(char)[:1] or char for char in text)  # as long as the text
    match = re.search(rf"(?<![^\W_])(?:{ways})", folded)
    return match.start() if match else 0


def _sentence_start(text: str, place: int) -> int:
    """Where the sentence or the value begins that a place is in."""
    begins = [match.end() for match in _ENDS.finditer(text, max(0, place - LENGTH), place)]
    return begins[-1] if begins else 0 if place <= LENGTH else place - LENGTH


def _word_start(text: str, place: int) -> int:
    """The beginning of the next word."""
    space = text.find(" ", place, place + BEFORE)
    return space + 1 if space >= 0 else place


def html(parts: list[Piece]) -> SafeString:
    """The pieces escaped, as one text whose direction is its own, with what matches marked."""
    pieces_html = ((format_html("<mark>{}</mark>", part.text) if part.matches else part.text,) for part in parts)
    return format_html("<bdi>{}</bdi>", format_html_join("", "{}", pieces_html))


def joined(parts: list[Piece]) -> str:
    """The text alone, for JSON and CSV."""
    return "".join(part.text for part in parts)
