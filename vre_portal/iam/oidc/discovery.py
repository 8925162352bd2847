"""Where an IAM's endpoints are, as its discovery document says; remembered by the process."""

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable, address, request
from vre_portal.services import Service
from vre_portal.text import plain

logger = logging.getLogger(__name__)

KEEP_SECONDS = 3600
DOCUMENT = ".well-known/openid-configuration"


@dataclass(frozen=True)
class Endpoints:
    """The addresses that this portal uses; INDIGO IAM has no `end_session`."""

    authorization: str
    token: str
    userinfo: str
    jwks: str
    revocation: str = ""
    end_session: str = ""


_known: dict[Service, tuple[float, Endpoints]] = {}


def discover(iam: Service) -> Endpoints:
    """The endpoints of an IAM; those last known where it does not answer now."""
    known = _known.get(iam)
    if known and time.monotonic() - known[0] < KEEP_SECONDS:
        return known[1]
    try:
        endpoints = read(iam)
    except RemoteUnavailable:
        if known is None:
            raise
        return known[1]
    _known[iam] = (time.monotonic(), endpoints)
    return endpoints


def ask_anew(iam: Service) -> None:
    """Read the configuration again before a browser is sent to the IAM; raises RemoteUnavailable where it does not respond."""
    _known[iam] = (time.monotonic(), read(iam))


def read(iam: Service) -> Endpoints:
    """Fetch the document; its issuer must be the configured one to the character. An odd address of what can be done without is left out."""
    reply = request(iam, "GET", DOCUMENT)
    if reply.status != 200:
        reason = _("The configuration of %(iam)s cannot be read: it answered with status %(status)s.")
        raise RemoteUnavailable(reason % {"iam": iam.title, "status": reply.status}, service=iam)
    document = reply.json()
    if not isinstance(document, dict) or document.get("issuer") != iam.url:
        reason = _("%(iam)s names a different issuer than the configured one.") % {"iam": iam.title}
        raise RemoteRefused(reason, service=iam, code="issuer")
    return Endpoints(
        authorization=page(iam, document, "authorization_endpoint"),
        token=own(iam, document, "token_endpoint"),
        userinfo=own(iam, document, "userinfo_endpoint"),
        jwks=own(iam, document, "jwks_uri"),
        revocation=optional(iam, document, "revocation_endpoint"),
        end_session=optional(iam, document, "end_session_endpoint"),
    )


def page(iam: Service, document: dict[str, Any], name: str) -> str:
    """An address that browsers are sent to, on whatever host the IAM says; raises RemoteUnavailable where it is none."""
    found = document.get(name)
    try:
        parts = urlsplit(found) if isinstance(found, str) and found.isascii() and found.isprintable() and " " not in found else None
        good = parts is not None and parts.hostname and parts.username is None and (parts.port or 0) >= 0
    except ValueError:
        parts, good = None, False
    if parts is None or not good or parts.scheme not in ("https", urlsplit(iam.url).scheme):
        raise RemoteUnavailable(_("%(iam)s gives no valid address as its %(name)s.") % {"iam": iam.title, "name": name}, service=iam)
    return str(found)


def own(iam: Service, document: dict[str, Any], name: str) -> str:
    """An address that the portal itself calls; raises RemoteRefused, with the remedy, where it is on a host that is not the IAM's."""
    try:
        return address(iam, page(iam, document, name))
    except RemoteRefused as refused:
        place = _("It is its %(name)s.") % {"name": name}
        raise RemoteRefused(f"{refused} {place}", service=iam, code=refused.code) from None


def optional(iam: Service, document: dict[str, Any], name: str) -> str:
    """The same for what an IAM need not have; nothing where it cannot be used. Only browsers go to end a session."""
    if not document.get(name):
        return ""
    try:
        return page(iam, document, name) if name == "end_session_endpoint" else own(iam, document, name)
    except RemoteError as error:
        logger.warning("%s is done without: %s", name, plain(error))
        return ""
