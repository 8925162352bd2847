"""Several references in one file, each with a key of its own."""

import json
from collections.abc import Iterable
from dataclasses import replace

from vre_portal.citation_formats import bibtex, csl
from vre_portal.citation_formats.reference import Reference


def with_own_keys(references: Iterable[Reference]) -> list[Reference]:
    """The references; of those with the same key all but the first get a number behind it."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    found = []
    for reference in references:
        key, own = reference.key, reference
        while own.key in taken:
            numbers[key] = numbers.get(key, 1) + 1
            own = replace(reference, key_suffix=str(numbers[key]))
        taken.add(own.key)
        found.append(own)
    return found


def as_bibtex(references: Iterable[Reference]) -> str:
    """A .bib file."""
    return "\n".join(map(bibtex.write, with_own_keys(references)))


def as_csl(references: Iterable[Reference]) -> str:
    """A list in CSL JSON."""
    return json.dumps([csl.item(reference) for reference in with_own_keys(references)], ensure_ascii=False, indent=2) + "\n"
