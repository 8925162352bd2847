"""CITATION.cff, the Citation File Format 1.2.0."""

import re
from typing import Any

import yaml

from vre_portal.citation_formats.reference import Author, Reference, ReferenceType
from vre_portal.vocabularies import orcid, spdx

MESSAGE = "If you use this work, please cite it using these metadata."  # untranslated: part of a file that is written in English
# What the schema of the format takes; an older DOI with other signs stands there as an address.
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)?/[A-Za-z0-9:/_;.()\[\]\\-]+")
_ADDRESS = re.compile(r"(?:https?|s?ftp)://.+")


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
    if any(word.startswith("LicenseRef-") for word in chosen):
        return ""
    if len(chosen) == 1 and expression == chosen[0]:
        return expression
    return chosen if expression and " OR ".join(chosen) == expression else ""


def _address(text: str) -> str:
    return text if _ADDRESS.fullmatch(text) else ""


def write(reference: Reference) -> str:
    """The file; a project, which is no software, is described as a dataset. Nobody named as author: the publisher is."""
    authors = reference.authors or ((Author.organisation(reference.publisher),) if reference.publisher else ())
    is_day = len(reference.date_parts) == 3
    named: list[dict[str, str]] = []
    for author in authors:
        if (item := _author(author)) not in named:  # two of the same name are one: the format takes each item once
            named.append(item)
    is_doi = bool(_DOI.fullmatch(reference.doi))
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "title": reference.title,
        "type": "software" if reference.type == ReferenceType.SOFTWARE else "dataset",
        "authors": named or [{"name": "Unknown"}],
        "version": reference.version,
        "date-released": reference.date[:10] if is_day else "",
        "doi": reference.doi if is_doi else "",
        "url": _address(reference.url if is_doi else reference.address),
        "repository-code": _address(reference.repository),
        "license": _licence(reference),
        "keywords": list(reference.keywords),
        "abstract": reference.abstract,
    }
    given = {name: value for name, value in fields.items() if value}
    return yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100)
