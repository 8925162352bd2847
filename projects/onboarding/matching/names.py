"""Names as people type them, with versions and brackets, compared with titles by whole words."""

import re
from collections.abc import Sequence
from functools import lru_cache

from vre_portal.folding import fold
from vre_portal.search import words

MAX_NAME, MAX_ALTERNATIVES = 200, 4
_BRACKETS = re.compile(r"\(([^()]*)\)|\[[^\[\]]*\]|\{[^{}]*\}")
_EXTRAS = re.compile(r"(?<=[\w.])\[[^\[\]]*\]")  # as packages name them: gammapy[all]
_MARKS = str.maketrans("()[]{}", "      ")
_REQUIREMENT = re.compile(r"[<>=~!]=|[<>=^@]")  # as packages state versions: astropy>=5
_VERSION = re.compile(r"[\s,:_-](?:version|release|v\.?)?\s*v?\d+(?:\.(?:\d+|[x*]))*(?:[-./]?(?:a|b|rc|dev|post)?\d+)?\+?$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(?:^|[\s,:_-])(\d+)$")
_OTHERWISE = re.compile(r"\s+or\s+|\s+/\s+|\s*\|\s*", re.IGNORECASE)
_HEAD = re.compile(r":\s|\s[-–—]\s")
# What a title says beside the name of the software.
_GENERIC = frozenset({
    "a", "an", "the", "python", "package", "library", "toolkit", "toolbox", "tool", "software", "framework", "code", "pipeline", "program",
    "suite", "project", "application",
})  # fmt: skip


@lru_cache(maxsize=1024)
def alternatives(name: str) -> tuple[str, ...]:
    """The name as it was typed, then without version and brackets, then what stands in round brackets or after “or”."""
    name = " ".join(name[:MAX_NAME].split())
    found = [name]
    for part in _OTHERWISE.split(name):
        inside = [match[1].strip() for match in _BRACKETS.finditer(part) if match[1]]
        plain = [_BRACKETS.sub(" ", part), *(text for text in inside if len(text.split()) < 3)]
        found += [bare for text in plain if (bare := without_version(" ".join(text.split())))]
    return tuple(list({fold(text): text for text in reversed(found) if stems(text)}.values())[::-1][:MAX_ALTERNATIVES])


def otherwise(name: str) -> list[str]:
    """The names between which “or” stands."""
    return _OTHERWISE.split(" ".join(name[:MAX_NAME].split()))


def without_extras(text: str) -> str:
    """A name without the extras of a package: gammapy[all] loses them."""
    return _EXTRAS.sub("", text)


def narrowed(text: str) -> str:
    """A name without versions and extras, with all that stands in brackets: there it says more closely what is meant."""
    text = without_extras(text)
    inside = (match[0].translate(_MARKS).strip() for match in _BRACKETS.finditer(text))
    bare = [without_version(f"x {part}").removeprefix("x").strip() for part in inside]  # what is only a version goes, too
    return " ".join(filter(None, [without_version(_BRACKETS.sub(" ", text)), *bare]))


def without_version(text: str) -> str:
    """The name without the version at its end: Gammapy 1.2, ROOT v6 and astropy>=5 lose theirs, Geant4 and 3ML have none."""
    text = _REQUIREMENT.split(text, maxsplit=1)[0].strip()
    while (shorter := _VERSION.sub("", text).strip()) != text and shorter:
        text = shorter
    return text


def names_version(name: str) -> bool:
    """Whether a certain version was asked for."""
    bare = _BRACKETS.sub(" ", name[:MAX_NAME])
    return " ".join(bare.split()) != without_version(bare)


def is_called(title: str, name: str) -> bool:
    """Whether a title is that name: its words, perhaps with generic ones, or the part before a colon or a dash."""
    wanted = {_core(text) for text in alternatives(name)}
    head = _HEAD.split(title, maxsplit=1)[0]
    mine, its = set(map(_last_number, otherwise(name))) - {""}, {_last_number(title), _last_number(head)} - {""}
    if mine and its and not mine & its:
        return False  # NGC 1275 is not NGC 4151, nor Run 3 Run 2
    return any(_core(without_version(_BRACKETS.sub(" ", text))) in wanted for text in (title, head, head.rpartition("/")[2]))


def _last_number(text: str) -> str:
    """The whole number at the end of a name, which may be its own and no version; empty where there is none."""
    found = _LAST_NUMBER.search(_BRACKETS.sub(" ", text).strip())
    return found[1] if found else ""


def says(text: str, name: str) -> bool:
    """Whether a text has all words of the name one after the other, whole."""
    folded = fold(text)
    # A long text is taken apart only where it can have the words: the stem of a word is its beginning, but for the last letter.
    parts = [part for part in map(stems, alternatives(name)) if all(word[:-1] in folded for word in part)]
    whole = stems(folded) if parts else ()
    return any(part and stand_in_a_row(whole, part) for part in parts)


def stems(text: str) -> tuple[str, ...]:
    """The words of a text as the search compares them."""
    return tuple(words.stem(word) for word in words.words(fold(text)))


@lru_cache(maxsize=1024)
def _core(text: str) -> tuple[str, ...]:
    """The words of a name without generic ones; all of them where it has no others."""
    whole = stems(text)
    return tuple(word for word in whole if word not in _GENERIC) or whole


def stand_in_a_row(whole: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the words of a part stand one after the other in the whole; no words do anywhere."""
    length = len(part)
    return any(tuple(whole[start : start + length]) == tuple(part) for start in range(len(whole) - length + 1))
