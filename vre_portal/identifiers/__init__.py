"""Identifiers that people paste: which kind of thing a text names, and its one spelling. Nothing is asked of any service."""

from collections.abc import Callable

from django.utils.translation import gettext

from vre_portal.identifiers import images, locations, repositories, scholarly
from vre_portal.identifiers.kinds import Identifier, IdentifierKind, NotAnIdentifier, cleaned
from vre_portal.secret_addresses import holds_secret

__all__ = ["Identifier", "IdentifierKind", "NotAnIdentifier", "cleaned", "identify"]
_READERS: tuple[Callable[[str], Identifier | None], ...] = (
    scholarly.orcid,
    scholarly.arxiv,
    scholarly.zenodo_record,
    scholarly.doi,
    locations.vo_identifier,
    repositories.git,
    images.image,
    locations.web_address,
)


def identify(text: str) -> Identifier | None:
    """What a cleaned text names; None where it has no known form. Raises NotAnIdentifier, with the reason, where it has one and is wrong or holds a secret."""
    if holds_secret(text):
        raise NotAnIdentifier(
            gettext("This address contains a secret, such as a token or a signature. Remove it and add the address again.")
        )
    return next((identifier for read in _READERS if (identifier := read(text)) is not None), None)
