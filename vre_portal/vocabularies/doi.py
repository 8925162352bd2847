"""Digital object identifiers: one pattern for all that reads or takes them."""

import re
from urllib.parse import quote, unquote

MAX_LENGTH = 200
PATTERN = re.compile(r"10\.\d{4,9}/[!-~]{1,180}", re.ASCII)
_RESOLVER = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*", re.I)


def is_valid(doi: str) -> bool:
    """Whether it has the form of a DOI."""
    return bool(PATTERN.fullmatch(doi))


def parse(text: str) -> str:
    """The DOI that a text or an address of doi.org is; empty where it is none."""
    written = text.strip()
    resolver = _RESOLVER.match(written)
    doi = (unquote(written[resolver.end() :]) if resolver else written).strip()
    return doi if is_valid(doi) else ""


def address(doi: str) -> str:
    """The address that resolves a DOI; signs that an address cannot hold are encoded."""
    return f"https://doi.org/{quote(doi, safe='/:;()._-+~')}"
