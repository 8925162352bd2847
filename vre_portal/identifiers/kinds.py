"""The kinds of identifiers, and what is cut off around one that was pasted."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

MAX_CHARS = 600
_BULLET = re.compile(r"^(?:[-*•·–]|\d{1,3}[.)])\s+")
_PAIRS = {"<": ">", '"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»", "(": ")", "[": "]"}


class IdentifierKind(StrEnum):
    """What an identifier names."""

    DOI = "doi"
    ARXIV = "arxiv"
    ORCID = "orcid"
    GIT = "git"
    IMAGE = "image"
    IVO = "ivo"
    WEB = "web"


@dataclass(frozen=True)
class Identifier:
    """A kind and the one spelling by which two of the same thing are equal."""

    kind: IdentifierKind
    value: str


class NotAnIdentifier(ValueError):
    """The text has the form of an identifier and is none; the reason is for the person who typed it."""


def cleaned(line: str) -> str:
    """The line without what lists and sentences put around an identifier. Raises NotAnIdentifier for characters that nobody can see."""
    text, before = _BULLET.sub("", _trimmed(line)), ""
    while text != before:
        before = text
        text = text.rstrip(",;")
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1]
        if len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
            text = _trimmed(text[1:-1])
    if not all(char.isprintable() or char.isspace() for char in text):
        raise NotAnIdentifier(gettext("This line has invisible characters. Type the identifier instead of pasting it."))
    if len(text) > MAX_CHARS:
        message = gettext("An identifier has at most %(limit)s characters; this line has %(count)s.")
        raise NotAnIdentifier(message % {"limit": MAX_CHARS, "count": len(text)})
    return text


def _trimmed(text: str) -> str:
    """Without space and invisible characters at both ends: pages and PDF files leave them there."""
    first, last = 0, len(text)
    while first < last and _is_edge(text[first]):
        first += 1
    while last > first and _is_edge(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_edge(char: str) -> bool:
    return char.isspace() or char in "\u200b\u2060\ufeff\u00ad" or unicodedata.category(char) == "Zs"
