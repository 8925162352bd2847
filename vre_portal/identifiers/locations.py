"""Identifiers of the Virtual Observatory, and web addresses."""

import re
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext

from vre_portal.identifiers.kinds import Identifier, IdentifierKind, NotAnIdentifier

_IVO = re.compile(r"ivo://[a-z0-9][a-z0-9_.!~*'()+=-]{2,}(?:/[a-z0-9_.!~*'()+=/:-]*)?(?:[?#]\S*)?", re.I)
_HOST = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_BARE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?:/\S*)?", re.I)


def vo_identifier(text: str) -> Identifier | None:
    """An ivo:// identifier in lower case, for capital letters do not count in it."""
    if not text.lower().startswith("ivo:"):
        return None
    if not _IVO.fullmatch(text):
        raise NotAnIdentifier(gettext("This is not a VO identifier. It looks like ivo://cds.vizier/i/239."))
    name, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches any text
    return Identifier(IdentifierKind.IVO, f"{name.lower()}{mark}{rest}")


def web_address(text: str) -> Identifier | None:
    """An http or https address, with its host in lower case; raises NotAnIdentifier for another scheme and for a password inside."""
    if not _SCHEME.match(text):
        if _BARE.fullmatch(text) and ("/" in text or text.lower().startswith("www.")):
            raise NotAnIdentifier(gettext("For a web address, add https:// in front of it."))
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotAnIdentifier(gettext("This is not a web address.")) from None
    if parts.scheme not in ("http", "https"):
        raise NotAnIdentifier(
            gettext("Addresses that start with %(scheme)s:// can't be added. Use https://.") % {"scheme": parts.scheme[:20]}
        )
    is_host = ":" in host or _HOST.fullmatch(host)  # urlsplit has checked what is in brackets
    if not is_host or re.search(r"[\s\\<>\"]", text) or port == 0:
        raise NotAnIdentifier(gettext("This is not a web address."))
    if has_secret(parts):
        raise secret_inside()
    shown = f"[{host}]" if ":" in host else host
    place = f"{shown}{f':{port}' if port else ''}"
    path = parts.path or "/"
    query, fragment = (f"{mark}{value}" if value else "" for mark, value in (("?", parts.query), ("#", parts.fragment)))
    return Identifier(IdentifierKind.WEB, f"{parts.scheme}://{place}{path}{query}{fragment}")


def has_secret(parts: SplitResult, *, allowed_user: str = "") -> bool:
    """Whether the address carries the name or the password of somebody."""
    return parts.password is not None or (bool(parts.username) and parts.username != allowed_user)


def secret_inside() -> NotAnIdentifier:
    """The refusal of an address with somebody's name or password."""
    return NotAnIdentifier(gettext("This address contains a user name or a password. Remove it and add the address again."))
