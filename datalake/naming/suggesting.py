"""A name that follows a convention and is as near as possible to one that does not."""

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import product

from datalake.naming.conventions import Convention, NamePart

BETWEEN = re.compile(r"[\s._/\\:;,+-]+")
MAX_CHARS, MAX_PIECES = 250, 12
CUTOFF = 0.8  # how alike a known value has to be: another experiment is worse than none


def suggested(convention: Convention, name: str) -> str:
    """The name with its parts put right; empty where no part of it says what is meant. Raises PatternTooSlow."""
    pieces = [piece for piece in BETWEEN.split(_ascii(name)) if piece]
    if len(name) > MAX_CHARS or len(pieces) > MAX_PIECES:
        own = convention.split(name) if convention.parts and len(name) <= MAX_CHARS else []
        return _mended(convention, own)
    if not convention.parts:
        joined = "_".join(pieces)
        return joined if joined != name and convention.allows(joined) else ""
    if made := _mended(convention, convention.split(name)):
        return made
    for grouped in _groupings(pieces, len(convention.parts)):
        chosen = [_nearest(part, piece) for part, piece in zip(convention.parts, grouped, strict=True)]
        if all(chosen) and convention.allows(made := convention.joined(chosen)):
            return made
    return ""


def _mended(convention: Convention, own: list[str]) -> str:
    """The name where it has all parts: those that fit stay as they are, the others become the nearest."""
    if len(own) != len(convention.parts):
        return ""
    chosen = [piece if part.fits(piece) else _nearest(part, _joined(piece)) for part, piece in zip(convention.parts, own, strict=True)]
    made = convention.joined(chosen)
    return made if all(chosen) and convention.allows(made) else ""


def _joined(piece: str) -> str:
    return "-".join(item for item in BETWEEN.split(_ascii(piece)) if item)


def _ascii(text: str) -> str:
    """Letters without their accents; what is no letter of ASCII then separates."""
    base = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(char if char.isascii() else " " for char in base)


def _groupings(pieces: list[str], count: int) -> Iterator[list[str]]:
    """The pieces as so many parts; where there are more, neighbours go together, at the end of the name last."""
    extra = len(pieces) - count
    if extra < 0 or not pieces:
        return
    for sizes in product(range(extra + 1), repeat=count):
        if sum(sizes) == extra:
            place, parts = 0, []
            for size in sizes:
                parts.append("-".join(pieces[place : place + size + 1]))
                place += size + 1
            yield parts


def _nearest(part: NamePart, piece: str) -> str:
    """The value or the spelling that the part allows; empty where there is none."""
    if part.values:
        by_folded = {value.casefold(): value for value in part.values}
        near = get_close_matches(piece.casefold(), list(by_folded), n=1, cutoff=CUTOFF)
        return by_folded[near[0]] if near else ""
    bare = re.sub(r"[^A-Za-z0-9]", "", piece)
    camel = "".join(word[:1].upper() + word[1:] for word in piece.split("-"))
    spellings = (piece, piece.upper(), piece.lower(), camel, piece.replace("-", "_"), bare, bare.upper(), bare.lower())
    return next((spelling for spelling in spellings if spelling and part.fits(spelling)), "")
