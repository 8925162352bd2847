"""Who is calling: version 0.9 takes its own opaque token in the address, the newer line a token of the stack's IAM in the header."""

import uuid
from functools import cache
from typing import Any

import jwt
import requests
from flask import request

from devstack import address
from devstack.reana import face, limits, store
from devstack.reana.errors import Refusal

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256"]


@cache
def _keys() -> jwt.PyJWKClient:
    """The IAM's public keys, fetched when an unknown key id turns up."""
    return jwt.PyJWKClient(f"{address.IAM_ISSUER}jwk", lifespan=300, timeout=5)


def prepare() -> None:
    """The demonstration people exist from the start, so that reana-client can be used before anyone has logged in."""
    for name, (full_name, email, _groups) in address.DEMO_USERS.items():
        remember(address.IAM_ISSUER, address.subject(name), email=email, full_name=full_name, token=demo_token(name))


def demo_token(name: str) -> str:
    """The opaque token of a demonstration person."""
    return address.secret(f"reana-token-{name}")


def person_key(issuer: str, subject: str) -> str:
    """The id of the person of that issuer and subject."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}#{subject}"))


def remember(issuer: str, subject: str, *, email: str = "", full_name: str | None = None, token: str = "") -> store.Row:
    """The person of that issuer and subject, made on the first call."""
    key = person_key(issuer, subject)
    store.change(
        "insert or ignore into person (id, issuer, subject, email, full_name, token, created) values (?, ?, ?, ?, ?, ?, ?)",
        key, issuer, subject, email or f"{subject}@unknown.invalid", full_name, token or address.secret(f"reana-token-{key}"), store.now(),
    )  # fmt: skip
    found = store.row("select * from person where id = ?", key)
    assert found is not None
    return found


def _claims(token: str) -> dict[str, Any]:
    """What the IAM says in its token for this server; raises Refusal as the newer line does."""
    try:
        key = _keys().get_signing_key_from_jwt(token).key
        options: Any = {"require": ["exp", "iss", "sub", "aud"]}
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=ALGORITHMS, audience=limits.AUDIENCE, issuer=address.IAM_ISSUER, leeway=30, options=options
        )
    except jwt.PyJWKClientConnectionError:
        raise Refusal(503, "The identity provider cannot be reached.", own=True) from None
    except jwt.InvalidAudienceError:
        raise _not_signed_in("Invalid access token: invalid_claim: Invalid claim 'aud'") from None
    except jwt.PyJWTError as error:
        raise _not_signed_in(f"Invalid access token: {error}") from None
    if limits.ROLE and limits.ROLE not in (claims.get("reana_roles") or []):
        raise Refusal(403, f"Access denied: the role {limits.ROLE} is missing in the claim reana_roles.", own=True)
    return claims


def _not_signed_in(message: str) -> Refusal:
    return Refusal(401, message, headers={"WWW-Authenticate": "Bearer"}, own=True)


def by_bearer(token: str) -> store.Row:
    """The person whose IAM token this is; one who comes for the first time is made from the IAM's userinfo."""
    claims = _claims(token)
    key = person_key(claims["iss"], claims["sub"])
    if not store.row("select 1 from arrived where person = ?", key):
        facts = _userinfo(token)
        remember(claims["iss"], claims["sub"], email=facts["email"], full_name=facts.get("name"))
        store.change("insert or ignore into arrived (person) values (?)", key)
    found = store.row("select * from person where id = ?", key)
    assert found is not None
    return found


def _userinfo(token: str) -> dict[str, Any]:
    try:
        reply = requests.get(f"{address.IAM_ISSUER}userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=5)
        facts: dict[str, Any] = reply.json() if reply.ok else {}
    except (requests.RequestException, ValueError):
        raise Refusal(503, "The identity provider cannot be reached.", own=True) from None
    if not facts.get("email"):
        raise Refusal(403, "Userinfo response from issuer is missing 'email'.", own=True)
    return facts


def current() -> store.Row:
    """The person who calls, or a refusal in REANA's words."""
    return _by_query() if face.is_older() else _by_header()


def _by_header() -> store.Row:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Bearer "):
        raise _not_signed_in("User not signed in. Authenticate with a Bearer token (see `reana-client login`) or via the web login.")
    return by_bearer(header.removeprefix("Bearer ").strip())


def _by_query() -> store.Row:
    token = request.args.get("access_token", "")
    if not token:
        raise Refusal(401, "User not signed in")
    found = store.row("select * from person where token = ?", token)
    if found is None:
        raise Refusal(403, "Token not valid.")
    return found
