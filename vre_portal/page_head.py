"""What a page says in its head to search engines and to programs that show a preview of a link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.encoding import iri_to_uri


@dataclass(frozen=True)
class PageHead:
    """A public page: never made for what only some may see.

    `path` is its one address, with a query only where that names the thing; `picture` an address on this site; `data` its description in
    schema.org's words (`vre_portal.json_ld`).
    """

    title: str
    description: str = ""
    path: str = ""
    picture: str = ""
    picture_description: str = ""
    is_article: bool = False
    published: datetime | None = None
    modified: datetime | None = None
    data: Mapping[str, Any] | None = None


def absolute(path: str) -> str:
    """The address of a page of this portal as others reach it, whatever name the request came by."""
    return iri_to_uri(path if path.startswith(("https://", "http://")) else f"{settings.PORTAL_URL}{path}")
