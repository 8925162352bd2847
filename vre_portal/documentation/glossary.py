"""One line for each term, from docs/glossary.md: what pages say where they use a word of the field."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils.text import slugify

from vre_portal.documentation import library

NAME = "glossary"
_LINE = re.compile(r"^### (?P<term>\S.*)\n+(?P<meaning>\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Term:
    """A word of the field, what it means in one sentence or two, and where that stands."""

    name: str
    meaning: str
    mark: str


@lru_cache(maxsize=2)
def _read(file: Path, changed: int) -> dict[str, Term]:
    """The terms of the file by their lower-case names, for each state of the file."""
    found = _LINE.finditer(file.read_text(encoding="utf-8"))
    return {item["term"].lower(): Term(item["term"], item["meaning"].replace("`", ""), slugify(item["term"])) for item in found}


def terms() -> dict[str, Term]:
    """All terms by their lower-case names; none where the documentation is not shipped."""
    file = library.folder() / f"{NAME}.md"
    return _read(file, file.stat().st_mtime_ns) if file.is_file() else {}


def term(name: str) -> Term | None:
    """The term of that name, whatever its case."""
    return terms().get(name.lower())
