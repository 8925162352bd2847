"""Whether a signed token is what it says: issuer, audience, time and a signature of the IAM's own keys."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.http import RemoteError, RemoteUnavailable, request
from vre_portal.iam.oidc.claims import NotGenuine, number
from vre_portal.iam.oidc.discovery import discover
from vre_portal.services import Service

__all__ = ["NotGenuine", "claims", "identity", "ring"]
logger = logging.getLogger(__name__)
ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}  # and their keys; pinned: what the token's own header wishes does not count
MOST_KEYS = 100
KEEP_SECONDS = 3600
PAUSE_SECONDS = 30  # between two attempts because of unknown keys, so that nobody can make us ask all day
WAIT_SECONDS = 5  # for keys that another thread fetches
LEEWAY_SECONDS = 30
CLOCK_SECONDS = 300  # how far the clock of an IAM may be off where the token has just come from it


@dataclass(frozen=True)
class Key:
    """A published key that can check signatures by one algorithm."""

    kid: str
    algorithm: str
    jwk: jwt.PyJWK


class KeyRing:
    """The public keys of one IAM, fetched when first needed, when old, and once when a key is unknown."""

    def __init__(self, iam: Service) -> None:
        self.iam = iam
        self.keys: list[Key] = []
        self.fetched_at = self.failed_at = float("-inf")
        self.failure = ""  # why the last attempt to fetch them failed
        self.lock = threading.Lock()  # of who fetches: a key that is known and not old waits for nobody

    def key(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """The key that a token's header means; None where there is none, or more than one could be meant. Raises RemoteUnavailable."""
        if found := self.fresh(kid, algorithm):
            return found
        arrived = time.monotonic()
        if not self.lock.acquire(timeout=WAIT_SECONDS):
            raise RemoteUnavailable(_("%(iam)s is not available.") % {"iam": self.iam.title}, service=self.iam)
        try:
            if not self.fresh(kid, algorithm) and self.is_due(arrived):
                self.attempt()
        finally:
            self.lock.release()
        if self.failure:
            raise RemoteUnavailable(self.failure, service=self.iam)
        return self.find(kid, algorithm)

    def fresh(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """The same among keys that were fetched lately."""
        return self.find(kid, algorithm) if time.monotonic() - self.fetched_at <= KEEP_SECONDS else None

    def is_due(self, arrived: float) -> bool:
        """Whether who needs a key since then asks for it: not where somebody else's attempt has just failed, nor for an odd key all day."""
        now = time.monotonic()
        is_old = now - self.fetched_at > KEEP_SECONDS
        return self.failed_at < arrived and (is_old or now - max(self.fetched_at, self.failed_at) > PAUSE_SECONDS)

    def attempt(self) -> None:
        """Fetch them; why it failed is told to those who waited for it, too."""
        try:
            self.fetch()
        except RemoteError as error:
            self.failure, self.failed_at = str(error), time.monotonic()
            raise
        self.failure = ""

    def find(self, kid: str, algorithm: str) -> jwt.PyJWK | None:
        """By its identifier; a key may be published without one, and a token may name none, where only one key fits (OIDC Core, 10.1)."""
        fitting = [key for key in self.keys if key.algorithm == algorithm]
        named = [key for key in fitting if kid and key.kid == kid]
        unnamed = [key for key in fitting if not kid or not key.kid]
        found = named[:1] or unnamed
        return found[0].jwk if len(found) == 1 else None

    def fetch(self) -> None:
        """Read what is published now; an answer that is no set of keys leaves those that are known."""
        reply = request(self.iam, "GET", discover(self.iam).jwks)
        document = reply.json()
        found = document.get("keys") if isinstance(document, dict) else None
        if reply.status != 200 or not isinstance(found, list):
            raise RemoteUnavailable(
                _("%(iam)s publishes its signing keys in a format that the portal cannot read.") % {"iam": self.iam.title}, service=self.iam
            )
        read = [readable(item) for item in found[:MOST_KEYS]]
        self.keys = [key for keys in read for key in keys]
        self.fetched_at = time.monotonic()
        if left_out := len(found) - sum(map(bool, read)):
            logger.info("%d of %d keys that %s publishes are not for signatures, or cannot be read", left_out, len(found), self.iam.name)


def readable(item: Any) -> list[Key]:
    """What one published key is good for; nothing where it is for something else or cannot be read: that costs only itself."""
    if not isinstance(item, dict) or item.get("use", "sig") != "sig":
        return []
    kid, found = item.get("kid"), []
    for algorithm, kind in ALGORITHMS.items():
        if item.get("kty") != kind or item.get("alg", algorithm) != algorithm:
            continue
        try:
            found.append(Key(kid if isinstance(kid, str) else "", algorithm, jwt.PyJWK(item, algorithm=algorithm)))
        except Exception as error:  # noqa: BLE001 -- the library foresees keys that are wrong, but not all that can stand in their place
            logger.info("a published key cannot be read: %s", type(error).__name__)
    return found


_rings: dict[Service, KeyRing] = {}


def ring(iam: Service) -> KeyRing:
    """The key ring of an IAM, one per process."""
    return _rings.setdefault(iam, KeyRing(iam))


CLOCK_IS_WRONG = gettext_lazy(
    "The answer of %(iam)s is dated more than five minutes from this portal's time, so one of the two clocks is wrong. "
    "Your account is fine. Contact the administrators of the portal."
)


NEEDED = ("exp", "iat", "iss", "sub", "aud")


def claims(
    iam: Service, token: str, *, audience: str | list[str], leeway: int = LEEWAY_SECONDS, needed: Sequence[str] = NEEDED
) -> dict[str, Any]:
    """The claims of a genuine token for this audience, or for one of several; raises NotGenuine.

    `leeway` is CLOCK_SECONDS for what the IAM has issued this moment, and stays small for what somebody else brings.
    """
    try:
        header = jwt.get_unverified_header(token)
    except Exception as error:  # noqa: BLE001 -- as below
        raise failed(iam, error) from None
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotGenuine(_("The token is signed with a method that is not accepted."), service=iam, code="algorithm")
    key = ring(iam).key(kid, algorithm)
    if key is None:
        raise NotGenuine(_("The token is signed with a key that the IAM does not publish."), service=iam, code="unknown key")
    try:
        options = {"require": list(needed)}
        found = dict(jwt.decode(token, key, algorithms=[algorithm], issuer=iam.url, audience=audience, leeway=leeway, options=options))  # type: ignore[arg-type]
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        text = CLOCK_IS_WRONG if leeway == CLOCK_SECONDS else gettext_lazy("The token of %(iam)s has expired, or is not valid yet.")
        raise NotGenuine(str(text) % {"iam": iam.title}, service=iam, code="time") from None
    except Exception as error:  # noqa: BLE001 -- the library foresees forgery, but not all that can stand in a claim
        raise failed(iam, error) from None
    return found | {name: moment(iam, name, found[name]) for name in ("exp", "iat", "nbf") if name in found}


def failed(iam: Service, error: Exception) -> NotGenuine:
    """The refusal of a token that cannot be read or does not pass."""
    name = type(error).__name__
    return NotGenuine(_("The token of %(iam)s is not valid: %(check)s.") % {"iam": iam.title, "check": name}, service=iam, code=name)


def moment(iam: Service, name: str, claim: object) -> float:
    """A time in a token, as a number."""
    found = number(claim)
    if found is None:
        reason = _("The token of %(iam)s is not valid: %(name)s is not a time.") % {"iam": iam.title, "name": name}
        raise NotGenuine(reason, service=iam, code=name)
    return found


def identity(iam: Service, token: str, *, nonce: str | None) -> dict[str, Any]:
    """The claims of an id_token made for this portal, in answer to this request."""
    client = str(iam.options["client_id"])
    found = claims(iam, token, audience=client, leeway=CLOCK_SECONDS)
    party = found.get("azp")
    several = isinstance(found["aud"], list) and len(found["aud"]) > 1
    if (several or party is not None) and party != client:
        raise NotGenuine(_("The identity token was issued to another client."), service=iam, code="azp")
    if nonce is not None and found.get("nonce") != nonce:
        raise NotGenuine(_("The identity token belongs to another request."), service=iam, code="nonce")
    return found
