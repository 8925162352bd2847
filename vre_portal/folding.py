"""One way to compare texts without regard to case, accents and ligatures: for everything in the portal that people search."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a base and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ŋ": "n", "ŧ": "t", "ĸ": "k", "ſ": "s"}
)
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def fold(text: str) -> str:
    """The text in small letters without accents: Müller, MULLER and müller are equal, ø is o, ß is ss and the ligature ﬁ is fi."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, _INVISIBLE.sub("", text)))


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    base = _without_marks(_without_marks(char).casefold())  # twice: in small letters an iota below is no mark any more
    return _DASHES.sub("-", base.translate(_LETTERS))


def _without_marks(text: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", text) if unicodedata.category(part) != "Mn")


def visible(text: str) -> str:
    """The text without characters that nobody sees: controls, marks of direction, halves of characters."""
    return _CONTROLS.sub("", _INVISIBLE.sub("", text))
