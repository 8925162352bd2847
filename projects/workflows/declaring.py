"""Which files of a workspace a reana.yaml declares as outputs: by name, by folder, or by a pattern as REANA reads them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Self

MAX_ENTRIES = 1000
_PATTERN = re.compile(r"[*?\[]")
_ANY = "**"
Pattern = tuple[re.Pattern[str] | None, ...]  # a part each; None is "**"


@dataclass(frozen=True)
class DeclaredOutputs:
    """The entries of `outputs.files` and `outputs.directories`, in their order and without what is no text."""

    entries: tuple[str, ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """From a parsed reana.yaml; whatever is not as the schema has it counts as not declared."""
        outputs = content.get("outputs")
        lists = [outputs.get(key) for key in ("files", "directories")] if isinstance(outputs, dict) else []
        found = [_normal(entry) for entries in lists if isinstance(entries, list) for entry in entries if isinstance(entry, str) and entry]
        return cls(tuple(dict.fromkeys(found))[:MAX_ENTRIES])

    @cached_property
    def _names(self) -> frozenset[str]:
        # Patterns too: a file may be called A[1].txt, and be declared by that name.
        return frozenset(self.entries)

    @cached_property
    def _patterns(self) -> tuple[tuple[str, Pattern], ...]:
        return tuple((entry, _compiled(entry)) for entry in self.entries if _PATTERN.search(entry))

    def naming(self, path: str) -> set[str]:
        """The entries that declare a file, by itself or by a folder above it; empty where none does."""
        place = PurePosixPath(path)
        found = {str(item) for item in (place, *place.parents)} & self._names
        return found | {entry for entry, pattern in self._patterns if _matches(place.parts, pattern)}


def _normal(entry: str) -> str:
    """Without "./" and a slash at the end."""
    return str(PurePosixPath(entry))


def _compiled(entry: str) -> Pattern:
    """The parts of a pattern; several "**" in a row say no more than one, but each would be a place of its own to look from."""
    parts = (name for part, same in groupby(entry.split("/")) for name in ([part] if part == _ANY else same))
    return tuple(None if part == _ANY else re.compile(translate(part)) for part in parts)


def _matches(parts: Sequence[str], pattern: Pattern) -> bool:
    """Whether a pattern means the path or a folder above it; "**" stands for any number of folders."""
    if sum(part is not None for part in pattern) > len(parts):
        return False  # each of them needs a folder of its own
    places = set(_with_skipped(pattern, 0))
    for part in parts:
        places = {later for place in places for later in _after(pattern, place, part)}
        if len(pattern) in places:
            return True
    return False


def _after(pattern: Pattern, place: int, part: str) -> Iterator[int]:
    """Where in the pattern one may stand after one more part of the path."""
    if place == len(pattern):
        return
    wanted = pattern[place]
    if wanted is None:
        yield from _with_skipped(pattern, place)
    elif wanted.match(part):
        yield from _with_skipped(pattern, place + 1)


def _with_skipped(pattern: Pattern, place: int) -> Iterator[int]:
    """The place, and those behind a "**" that stands for nothing."""
    yield place
    while place < len(pattern) and pattern[place] is None:
        place += 1
        yield place
