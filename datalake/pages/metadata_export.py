"""A public DID for machines that know nothing of Rucio: schema.org as JSON-LD, and signposting links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from datalake.rucio import Did
from datalake.rucio.metadata import Description
from vre_portal.portable_gettext import grouped

DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.[0-9]{4,9}/[^\s<>\"']{1,200})", re.IGNORECASE)
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{1,60}")
# What people call the same thing.
WORDS = {
    "title": ("title", "name"),
    "description": ("description", "abstract", "summary"),
    "licence": ("license", "licence", "rights"),
    "doi": ("doi", "DOI"),
    "creator": ("creator", "creators", "author", "authors", "contact"),
    "keywords": ("keywords", "keyword", "subjects"),
}
FILE = _("File %(did)s in the %(lake)s.")
MADE = ("application/zip", "application/metalink4+xml")  # when somebody asks: their sizes are not those of the data
COLLECTIONS = {
    "DATASET": ngettext_lazy(
        "Dataset %(did)s in the %(lake)s, %(files)s file.", "Dataset %(did)s in the %(lake)s, %(files)s files.", "count"
    ),
    "CONTAINER": ngettext_lazy(
        "Container %(did)s in the %(lake)s, %(files)s file.", "Container %(did)s in the %(lake)s, %(files)s files.", "count"
    ),
}
UNCOUNTED = {"DATASET": _("Dataset %(did)s in the %(lake)s."), "CONTAINER": _("Container %(did)s in the %(lake)s.")}


@dataclass(frozen=True)
class Addresses:
    """The absolute addresses of a DID."""

    page: str
    data: tuple[tuple[str, str], ...]  # address and media type of what can be downloaded
    lake: str


def absolute(path: str) -> str:
    return f"{settings.PORTAL_URL}{path}"


def first_value(metadata: Mapping[str, Any], what: str) -> Any:
    """The value of the first usual key that has one; else None."""
    return next((metadata[key] for key in WORDS[what] if metadata.get(key)), None)


def doi_in(metadata: Mapping[str, Any]) -> str:
    """Its DOI; empty where its metadata has none."""
    match = DOI.fullmatch(str(first_value(metadata, "doi") or "").strip())
    return match[1] if match else ""


def doi_of(metadata: Mapping[str, Any]) -> str | None:
    """The address of its DOI, where its metadata has one."""
    doi = doi_in(metadata)
    return f"https://doi.org/{quote(doi, safe='/:;().-_')}" if doi else None


def licence_of(metadata: Mapping[str, Any]) -> str | None:
    """The address of its licence: as it is written, or by its short name in SPDX's list."""
    text = str(first_value(metadata, "licence") or "").strip()
    if text.startswith(("https://", "http://")) and urlsplit(text).netloc and not re.search(r"[\s<>\"']", text):
        return text if text.isascii() else None
    return f"https://spdx.org/licenses/{text}" if SPDX.fullmatch(text) else None


def texts(value: Any) -> list[str]:
    """One text or a list of them."""
    return [str(item)[:300] for item in (value if isinstance(value, list) else [value]) if isinstance(item, str | int | float)][:50]


def summary(lake_title: str, did: Did) -> str:
    """What a DID is, in a sentence: its type, its name, and for a collection the number of its files where it is known."""
    values = {"did": did, "lake": lake_title}
    if did.type in COLLECTIONS and did.length:
        return str(COLLECTIONS[did.type] % {**values, "files": grouped(did.length), "count": did.length})
    return str(UNCOUNTED.get(did.type, FILE) % values)


def dataset(lake_title: str, did: Did, about: Description, where: Addresses, parents: list[str], parts: list[str]) -> dict[str, Any]:
    """The DID in schema.org's words; what is not known is left out."""
    metadata = about.metadata
    title, words = first_value(metadata, "title"), summary(lake_title, did)
    doi = doi_of(metadata)
    description = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": doi or where.page,
        "url": where.page,
        "name": str(title or did.name)[:300],
        "description": str(first_value(metadata, "description") or (f"{title}. {words}" if title else words))[:5000],
        "identifier": [item for item in (str(did), doi) if item],
        "dateCreated": about.created.isoformat() if about.created else None,
        "dateModified": about.updated.isoformat() if about.updated else None,
        "license": licence_of(metadata),
        "creator": [{"@type": "Thing", "name": name} for name in texts(first_value(metadata, "creator") or [])] or None,
        "keywords": texts(first_value(metadata, "keywords") or []) or None,
        "isAccessibleForFree": True,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": lake_title, "url": where.lake},
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": address,
                "encodingFormat": media,
                **({"contentSize": f"{did.bytes} B"} if did.bytes and media not in MADE else {}),
            }
            for address, media in where.data
        ],
        # By address alone: to search engines for data a Dataset without a name is an error.
        "isPartOf": [{"@id": address} for address in parents] or None,
        "hasPart": [{"@id": address} for address in parts] or None,
    }
    return {key: value for key, value in description.items() if value is not None}


def signposts(about: Description, where: Addresses) -> str:
    """The Link header (signposting.org): what to cite, where it is described, what it is, where the bytes are, under which licence."""
    joined = "&" if "?" in where.page else "?"
    links = [
        (doi_of(about.metadata) or where.page, "cite-as", ""),
        (f"{where.page}{joined}format=jsonld", "describedby", "application/ld+json"),
        ("https://schema.org/Dataset", "type", ""),
        ("https://schema.org/AboutPage", "type", ""),
        *[(address, "item", media) for address, media in where.data],
    ]
    if licence := licence_of(about.metadata):
        links.append((licence, "license", ""))
    return ", ".join(f'<{address}>; rel="{rel}"' + (f'; type="{media}"' if media else "") for address, rel, media in links)
