"""CITATION.cff, the Citation File Format 1.2.0."""

from typing import Any

import yaml

from vre_portal.citing.reference import Author, Reference, ReferenceType
from vre_portal.vocabularies import orcid, spdx

MESSAGE = "If you use this work, please cite it using these metadata."  # untranslated: part of a file that is written in English


def _author(author: Author) -> dict[str, str]:
    if author.is_organisation or not author.family:
        return {"name": author.name}
    fields = {
        "family-names": author.family,
        "given-names": author.given,
        "orcid": orcid.address(author.orcid) if author.orcid else "",
        "affiliation": author.affiliation,
    }
    return {name: value for name, value in fields.items() if value}


def _licence(reference: Reference) -> str | list[str]:
    """CFF takes one identifier, or several of which any may be chosen; another expression has no place in it."""
    expression = spdx.canonical(reference.licence)
    chosen = spdx.identifiers(expression)
    if len(chosen) == 1 and expression == chosen[0]:
        return expression
    return chosen if expression and " OR ".join(chosen) == expression else ""


def write(reference: Reference) -> str:
    """The file; a project, which is no software, is described as a dataset. Nobody named as author: the publisher is."""
    authors = reference.authors or ((Author.organisation(reference.publisher),) if reference.publisher else ())
    is_day = len(reference.date_parts) == 3
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "title": reference.title,
        "type": "software" if reference.type == ReferenceType.SOFTWARE else "dataset",
        "authors": [_author(author) for author in authors] or [{"name": "Unknown"}],
        "version": reference.version,
        "date-released": reference.date[:10] if is_day else "",
        "doi": reference.doi,
        "url": reference.url,
        "repository-code": reference.repository,
        "license": _licence(reference),
        "keywords": list(reference.keywords),
        "abstract": reference.abstract,
    }
    given = {name: value for name, value in fields.items() if value}
    return yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100)
