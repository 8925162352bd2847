"""Whether a signed token is what it says: issuer, audience, time and a signature of the IAM's own keys."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import jwt

from vre_portal.http import RemoteRefused, request
from vre_portal.iam.discovery import discover
from vre_portal.services import Service

ALGORITHMS = ("RS256", "ES256")  # pinned: what the token's own header wishes does not count
KEEP_SECONDS = 3600
PAUSE_SECONDS = 30  # between two fetches because of unknown keys, so that nobody can make us ask all day
LEEWAY_SECONDS = 30
CLOCK_SECONDS = 300  # how far the clock of an IAM may be off where the token has just come from it


class NotGenuine(RemoteRefused):
    """A token that fails a check; text and code name the check, never the token."""


class KeyRing:
    """The public keys of one IAM, fetched when first needed, when old, and once when a key is unknown."""

    def __init__(self, iam: Service) -> None:
        self.iam = iam
        self.keys: dict[str, dict[str, Any]] = {}
        self.fetched_at = float("-inf")
        self.lock = threading.Lock()

    def key(self, kid: str) -> dict[str, Any] | None:
        """The key with this identifier."""
        with self.lock:
            age = time.monotonic() - self.fetched_at
            if age > KEEP_SECONDS or (kid not in self.keys and age > PAUSE_SECONDS):
                self.fetch()
            return self.keys.get(kid)

    def fetch(self) -> None:
        document = request(self.iam, "GET", discover(self.iam).jwks).json()
        found = document.get("keys") if isinstance(document, dict) else None
        self.keys = {str(key["kid"]): key for key in found or [] if isinstance(key, dict) and "kid" in key}
        self.fetched_at = time.monotonic()


_rings: dict[Service, KeyRing] = {}


def ring(iam: Service) -> KeyRing:
    """The key ring of an IAM, one per process."""
    return _rings.setdefault(iam, KeyRing(iam))


CLOCK_IS_WRONG = (
    "What {iam} signed just now is dated more than five minutes from this portal's time, so one of the two clocks is wrong. "
    "Nothing is wrong with your account: please tell the people who run this portal."
)


NEEDED = ("exp", "iat", "iss", "sub", "aud")


def claims(iam: Service, token: str, *, audience: str, leeway: int = LEEWAY_SECONDS, needed: Sequence[str] = NEEDED) -> dict[str, Any]:
    """The claims of a genuine token for this audience; raises NotGenuine.

    `leeway` is CLOCK_SECONDS for what the IAM has issued this moment, and stays small for what somebody else brings.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), str(header.get("kid", ""))
        if algorithm not in ALGORITHMS:
            raise NotGenuine("The token is signed by a method that is not accepted.", service=iam, code="algorithm")
        found = ring(iam).key(kid)
        if found is None:
            raise NotGenuine("The token is signed by a key that the IAM does not publish.", service=iam, code="unknown key")
        return dict(
            jwt.decode(
                token,
                jwt.PyJWK(found, algorithm=algorithm),
                algorithms=[algorithm],
                issuer=iam.url,
                audience=audience,
                leeway=leeway,
                options={"require": list(needed)},
            )
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        text = CLOCK_IS_WRONG.format(iam=iam.title) if leeway == CLOCK_SECONDS else "The token has run out, or is not valid yet."
        raise NotGenuine(text, service=iam, code="time") from None
    except jwt.PyJWTError as error:
        name = type(error).__name__
        raise NotGenuine(f"The token failed the check: {name}.", service=iam, code=name) from None


def identity(iam: Service, token: str, *, nonce: str | None) -> dict[str, Any]:
    """The claims of an id_token made for this portal, in answer to this request."""
    client = str(iam.options["client_id"])
    found = claims(iam, token, audience=client, leeway=CLOCK_SECONDS)
    party = found.get("azp")
    several = isinstance(found["aud"], list) and len(found["aud"]) > 1
    if (several or party is not None) and party != client:
        raise NotGenuine("The identity token was issued to another client.", service=iam, code="azp")
    if nonce is not None and found.get("nonce") != nonce:
        raise NotGenuine("The identity token answers another request.", service=iam, code="nonce")
    return found
