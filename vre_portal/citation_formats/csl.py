"""CSL JSON, which Zotero, Mendeley and pandoc read."""

import json
from typing import Any

from vre_portal.citation_formats.reference import Author, Reference, ReferenceType

_TYPES = {ReferenceType.SOFTWARE: "software", ReferenceType.DATASET: "dataset", ReferenceType.PROJECT: "webpage"}


def _author(author: Author) -> dict[str, str]:
    if author.is_organisation or not author.family:
        return {"literal": author.name}
    return {"family": author.family, **({"given": author.given} if author.given else {})}


def item(reference: Reference) -> dict[str, Any]:
    """The reference as one item."""
    fields = {
        "id": reference.key,
        "type": _TYPES.get(reference.type, "document"),
        "title": reference.title,
        "author": [_author(author) for author in reference.authors],
        "issued": {"date-parts": [reference.date_parts]} if reference.date_parts else {},
        "version": reference.version,
        "publisher": reference.publisher,
        "abstract": reference.abstract,
        "keyword": ", ".join(reference.keywords),
        "custom": {"license": reference.licence} if reference.licence else {},  # the schema has no field of its own for it
        "DOI": reference.doi,
        "URL": reference.address,
    }
    return {name: value for name, value in fields.items() if value}


def write(reference: Reference) -> str:
    """A list with one item."""
    return json.dumps([item(reference)], ensure_ascii=False, indent=2) + "\n"
