"""DIDs and catalogue entries in texts that people paste: scope:name, and addresses of the portal's or a lake's pages."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.urls import Resolver404, ResolverMatch, resolve

from datalake.pages.addresses import asked_name
from vre_portal.services import Service, ServiceKind, services

_DID = re.compile(r"(?P<scope>[A-Za-z0-9][A-Za-z0-9_.-]{0,63}):(?P<name>(?!//)\S{1,500})")
# Scopes that are spelled so are no schemes of addresses and no names of container images.
_PLAIN_SCOPE = re.compile(r"(?:user|group|mock)\..+|.*[A-Z_].*", re.DOTALL)


class DidText(NamedTuple):
    """A DID as it was typed; `lake` is empty where the text names none."""

    lake: str
    scope: str
    name: str

    @property
    def is_unmistakable(self) -> bool:
        """Whether it can be nothing but a DID, even if nobody knows its scope."""
        return bool(self.lake or _PLAIN_SCOPE.fullmatch(self.scope))

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"


def lakes() -> list[Service]:
    """The configured lakes, the first one first."""
    return list(services(ServiceKind.RUCIO))


def own_page(text: str, host: str) -> ResolverMatch | None:
    """The page of this portal whose address the text is."""
    parts = _split(text)
    if parts is None or not ((parts.scheme in ("http", "https") and parts.netloc == host) or (text.startswith("/") and not parts.netloc)):
        return None
    try:
        return resolve(unquote(parts.path))
    except (Resolver404, ValueError):
        return None


def did_of_address(text: str, host: str) -> DidText | None:
    """The DID whose page, file or metadata have this address, in the portal or at a lake's own server."""
    parts = _split(text)
    if parts is None:
        return None
    match = own_page(text, host)
    if match is not None and match.namespace == "datalake" and {"lake", "scope", "name"} <= match.kwargs.keys():
        named = parse_qs(parts.query).get("name", [None])[0]
        return DidText(match.kwargs["lake"], match.kwargs["scope"], asked_name(match.kwargs["name"], named))
    for lake in lakes():
        before = f"{lake.url.rstrip('/')}/dids/"
        if text.startswith(before):
            scope, _, name = unquote(text[len(before) :].partition("?")[0]).partition("/")
            name = re.sub(r"/(?:meta|rules|dids|files|parents|status)$", "", name)
            return DidText(lake.name, scope, name) if scope and name else None
    return None


def did_of_name(text: str) -> DidText | None:
    """The DID that scope:name or lake:scope:name spells."""
    match = _DID.fullmatch(text)
    if match is None:
        return None
    scope, name = match["scope"], match["name"]
    if any(lake.name == scope for lake in lakes()) and (inner := _DID.fullmatch(name)):
        return DidText(scope, inner["scope"], inner["name"])
    return DidText("", scope, name)


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None
