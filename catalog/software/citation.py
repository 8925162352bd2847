"""How to cite an entry."""

import re
from typing import Any
from unicodedata import normalize

from catalog.software.models import Entry

SPECIAL = {"\\": r"\textbackslash{}", **{char: f"\\{char}" for char in "&%$#_{}"}, "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def escaped(text: str) -> str:
    return "".join(SPECIAL.get(char, char) for char in text)


def author(creator: dict[str, Any]) -> str:
    """An organisation's name is braced, or BibTeX would take it apart."""
    name = escaped(creator["name"])
    return f"{{{name}}}" if creator.get("organisation") else name


def key(entry: Entry) -> str:
    """family_title_year, in plain letters."""
    people = [creator["name"] for creator in entry.creators if not creator.get("organisation")]
    family = people[0].partition(",")[0] if people else ""
    words = (family, entry.title.partition(":")[0], entry.published[:4])
    ascii_words = (normalize("NFKD", word).encode("ascii", "ignore").decode().lower() for word in words)
    return "_".join(part for part in (re.sub(r"[^a-z0-9]+", "", word) for word in ascii_words) if part)[:60] or f"record{entry.record}"


def bibtex(entry: Entry) -> str:
    """A @software (or @dataset, @misc) entry of what is known."""
    kind = entry.resource_type if entry.resource_type in ("software", "dataset") else "misc"
    fields = {
        "author": " and ".join(author(creator) for creator in entry.creators),
        "title": f"{{{escaped(entry.title)}}}",
        "year": entry.published[:4],
        "version": escaped(entry.version),
        "doi": entry.doi,
        "url": f"https://doi.org/{entry.doi}" if entry.doi else entry.repository or entry.address,
    }
    lines = [f"  {name:<8}= {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key(entry)},\n" + ",\n".join(lines) + "\n}"
