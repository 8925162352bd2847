"""What a page is, in schema.org's words, as a data block that the browser does not execute."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from vre_portal.vocabularies import ror

CONTEXT = "https://schema.org/"
_ESCAPED = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def in_page(data: Mapping[str, Any]) -> SafeString:
    """JSON in ASCII for a data block in a page: nothing in it can end the block, or turn the page's direction."""
    return SafeString(json.dumps(data).translate(_ESCAPED))


def thing(kind: str, **facts: Any) -> dict[str, Any]:
    """A description of this schema.org type; empty values are left out. Names that Python reserves end in an underscore."""
    return {
        "@context": CONTEXT,
        "@type": kind,
        **{name.rstrip("_"): value for name, value in facts.items() if value not in (None, "", [], {})},
    }


def person(name: str, orcid: str = "") -> dict[str, Any]:
    """A person, by their ORCID where it is known."""
    found = {"@type": "Person", "name": name}
    return {**found, "@id": f"https://orcid.org/{orcid}"} if orcid else found


def organization(name: str, identifier: str = "") -> dict[str, Any]:
    """An organisation, by its identifier in ROR where it is known."""
    found = {"@type": "Organization", "name": name}
    return {**found, "@id": ror.address(identifier)} if identifier else found


def operator() -> dict[str, Any]:
    """The organisation that runs the portal."""
    site = settings.SITE
    found = {"@type": "Organization", "name": site["operator"] or site["name"], "url": site["operator_url"] or settings.PORTAL_URL}
    return {**found, "email": site["contact"]} if site["contact"] else found
