"""Words of texts as PostgreSQL's full text search has them: folded and in the singular, the same for documents and for queries.

The server carries no dictionaries of ours, so the vector of a document is written here, not by `to_tsvector`. Besides its words a vector
holds marked ones, which no text can contain: `=word` for words of the title, `#name:value` for filters, `~text` for identifiers, `!top`.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from vre_portal.folding import fold

TITLE, FILTER, IDENTIFIER, TOP = "=", "#", "~", "!top"
MAX_WORD, MAX_POSITION, MAX_TEXT_WORDS = 60, 16_000, 3_000
GAP = 20  # positions between two parts of a document: no phrase goes from one into the other
_WORD = re.compile(r"[^\W_]+")
_ES = ("sses", "shes", "ches", "xes", "zes")


def words(text: str) -> Iterator[str]:
    """The words of a text in order, folded: aeff.fits has two, KM3NeT_2026 too."""
    return (match[0][:MAX_WORD] for match in _WORD.finditer(fold(text)))


def stem(word: str) -> str:
    """A folded word in the singular, as far as the regular forms of English go: flux and fluxes are one, and so are galaxy and galaxies."""
    if len(word) < 4 or not word.isalpha() or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(_ES):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in the text of a tsvector or tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def filter_lexeme(name: str, value: str) -> str:
    """The lexeme of a document that a filter such as keyword:"dark matter" finds."""
    return f"{FILTER}{name}:{' '.join(fold(value).split())}"[:500]


def identifier_lexeme(text: str) -> str:
    """The lexeme of a document that somebody finds who types all of its identifier."""
    return f"{IDENTIFIER}{' '.join(fold(text).split())}"[:500]


def vector(parts: Iterable[tuple[str, str]], marks: Iterable[str]) -> str:
    """A tsvector in PostgreSQL's own writing, of texts with their weights (A to D) and of marked lexemes."""
    positions: dict[str, list[str]] = {}
    place = 0
    for weight, text in parts:
        for word in islice(words(text), MAX_TEXT_WORDS):
            place = min(place + 1, MAX_POSITION)
            places = positions.setdefault(stem(word), [])
            if len(places) < 200:  # PostgreSQL keeps 256
                places.append(f"{place}{weight}")
        place += GAP
    found = [f"{quoted(word)}:{','.join(places)}" for word, places in positions.items()]
    return " ".join([*found, *map(quoted, dict.fromkeys(marks))])


def title_lexemes(title: str) -> set[str]:
    """What the vector holds of a title: each word as it is, for what is typed letter by letter, and in the singular."""
    return {f"{TITLE}{form}" for word in words(title) for form in (word, stem(word))}
