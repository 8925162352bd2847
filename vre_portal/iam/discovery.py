"""Where an IAM's endpoints are, as its discovery document says; remembered by the process."""

import time
from dataclasses import dataclass

from vre_portal.http import RemoteRefused, RemoteUnavailable, request
from vre_portal.services import Service

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
    """Before a browser is sent there: raises RemoteUnavailable where it would meet a closed door without a word from us."""
    _known[iam] = (time.monotonic(), read(iam))


def read(iam: Service) -> Endpoints:
    """Fetch the document; its issuer must be the configured one to the character."""
    document = request(iam, "GET", DOCUMENT).json()
    if not isinstance(document, dict) or document.get("issuer") != iam.url:
        raise RemoteRefused(f"{iam.title} says that it is another issuer than the configured one.", service=iam)
    try:
        return Endpoints(
            authorization=str(document["authorization_endpoint"]),
            token=str(document["token_endpoint"]),
            userinfo=str(document["userinfo_endpoint"]),
            jwks=str(document["jwks_uri"]),
            revocation=str(document.get("revocation_endpoint", "")),
            end_session=str(document.get("end_session_endpoint", "")),
        )
    except KeyError as missing:
        raise RemoteUnavailable(f"{iam.title} does not name its {missing.args[0]}.", service=iam) from None
