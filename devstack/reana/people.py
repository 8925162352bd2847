"""Who is calling: REANA's opaque token in the query string, or a token of the stack's IAM in the header."""

import uuid
from functools import cache
from typing import Any

import jwt
from flask import request

from devstack import address
from devstack.reana import limits, store
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


def remember(issuer: str, subject: str, *, email: str = "", full_name: str | None = None, token: str = "") -> store.Row:
    """The person of that issuer and subject, made on the first call."""
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}#{subject}"))
    store.change(
        "insert or ignore into person (id, issuer, subject, email, full_name, token, created) values (?, ?, ?, ?, ?, ?, ?)",
        key, issuer, subject, email or f"{subject}@unknown.invalid", full_name, token or address.secret(f"reana-token-{key}"), store.now(),
    )  # fmt: skip
    found = store.row("select * from person where id = ?", key)
    assert found is not None
    return found


def _claims(token: str) -> dict[str, Any]:
    try:
        key = _keys().get_signing_key_from_jwt(token).key
        options: Any = {"require": ["exp", "iss", "sub", "aud"]}
        return jwt.decode(
            token, key, algorithms=ALGORITHMS, audience=limits.AUDIENCE, issuer=address.IAM_ISSUER, leeway=30, options=options
        )
    except jwt.PyJWKClientConnectionError:
        raise Refusal(503, "The identity provider cannot be reached.") from None
    except jwt.PyJWTError as error:
        raise Refusal(401, f"Token not valid: {error}") from None


def by_bearer(token: str) -> store.Row:
    """The person whose IAM token this is."""
    if token.count(".") != 2:
        raise Refusal(401, "User not signed in")  # an opaque token is not for the header
    claims = _claims(token)
    return remember(claims["iss"], claims["sub"], email=claims.get("email", ""), full_name=claims.get("name"))


def current() -> store.Row:
    """The person who calls, or a refusal in REANA's words."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer ") and limits.DIALECT != "query":
        return by_bearer(header.removeprefix("Bearer ").strip())
    token = request.args.get("access_token", "")
    if not token or limits.DIALECT == "bearer":
        raise Refusal(401, "User not signed in")
    found = store.row("select * from person where token = ?", token)
    if found is None:
        raise Refusal(403, "Token not valid.")
    return found
