"""What leads straight to its page: a whole identifier. Words never do, also where something is called just so."""

import re

from vre_portal.identifiers import Identifier, IdentifierKind, NotAnIdentifier, cleaned, identify
from vre_portal.search.find import SearchHit
from vre_portal.search.query import ParsedQuery

KINDS = (IdentifierKind.DOI, IdentifierKind.ORCID, IdentifierKind.IVO)
_DID = re.compile(r"[^\s:/]+:[^\s]+")
_FILE_NAME = re.compile(r"[^\s:]*\.[^\s:.]+")


def name_in(query: ParsedQuery) -> str:
    """What may be the whole name of one thing, in the one spelling of its kind; empty where there are filters."""
    if query.filters or not query.text:
        return ""
    identifier = _identifier(query.text)
    return identifier.value if identifier is not None else query.text.strip('"').strip()


def leads_to(query: ParsedQuery, hit: SearchHit) -> bool:
    """Whether the search is the identifier of this only thing of that name: a DOI, an ORCID or VO identifier, a DID, or the name of a file."""
    if _identifier(query.text) is not None:
        return True
    text = query.text.strip('"').strip()
    if _DID.fullmatch(text):
        return hit.kind == "data"
    return hit.type == "file" and _FILE_NAME.fullmatch(text) is not None


def _identifier(text: str) -> Identifier | None:
    try:
        identifier = identify(cleaned(text))
    except NotAnIdentifier:
        return None
    return identifier if identifier is not None and identifier.kind in KINDS else None
