"""Who comes with which token, in a header or in the address, and how far a token for one path reaches."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from urllib.request import urlopen

import jwt

from devstack import address
from devstack.storage.refusals import Refused, inside, quoted

HERE = address.STORAGE_URL  # the storage's own audience: only tokens for some of its paths have it
READ_SCOPE = "storage.read:"  # of WLCG's profile: what follows is a path, and all below it
DOWNLOADED = [  # what is opened by an address that holds a token is saved and not shown, so that the address stays in no window
    ("Content-Disposition", "attachment"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "private, no-store"),
]


class Issuer:
    """The IAM's signing keys, asked for when the first token comes, and again when an unknown key does."""

    def __init__(self) -> None:
        self.keys: jwt.PyJWKClient | None = None

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, if the IAM signed it for the Data Lake or for this storage and it has not ended."""
        if self.keys is None:
            with urlopen(f"{address.IAM_ISSUER}.well-known/openid-configuration", timeout=5) as reply:
                self.keys = jwt.PyJWKClient(json.load(reply)["jwks_uri"], cache_keys=True, lifespan=3600, timeout=5)
        key = self.keys.get_signing_key_from_jwt(token)
        options: Any = {"require": ["exp", "iss", "aud", "sub"]}
        claims: dict[str, Any] = jwt.decode(
            token, key.key, algorithms=["RS256", "ES256"], audience=["rucio", HERE], issuer=address.IAM_ISSUER, options=options
        )
        return claims

    def accepted(self, token: str) -> dict[str, Any]:
        """The same, or the refusal."""
        try:
            return self.claims(token)
        except (jwt.PyJWKClientConnectionError, OSError):
            raise Refused("503 Service Unavailable", "The IAM cannot be asked for its keys.") from None
        except jwt.PyJWTError:
            raise Refused("401 Unauthorized", "The token is not good for this storage.") from None


def token_of(environ: dict[str, Any]) -> tuple[str, bool]:
    """The token, and whether it stood in the address, where it is taken out before anything could write it down."""
    given = [value for key, value in parse_qsl(environ.get("QUERY_STRING", "")) if key == "authz"]
    if given:
        environ["QUERY_STRING"] = ""
        environ["REQUEST_URI"] = environ["PATH_INFO"]
    if len(given) > 1 or (given and "HTTP_AUTHORIZATION" in environ):
        raise Refused("400 Bad Request", "One token is enough.")
    scheme, _, token = (given[0] if given else environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("401 Unauthorized", "A bearer token is needed.")
    return token.strip(), bool(given)


def is_of_client(claims: dict[str, Any]) -> bool:
    """Whether a program speaks for itself and for no person."""
    return bool(claims.get("client_id") == claims["sub"])


def check_reach(claims: dict[str, Any], in_address: bool, method: str, target: Path, folder: Path) -> None:
    """A token that names paths opens these alone, for reading alone, and only such a one may stand in an address.

    A program's own token has to name paths, and never stands in an address: whoever sees one there could use it.
    """
    if is_of_client(claims) and in_address:
        raise Refused("401 Unauthorized", "A program's token does not stand in an address.")
    named = [word for word in str(claims.get("scope", "")).split() if word.startswith("storage.")]
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not named and HERE not in audience and not is_of_client(claims):
        if in_address:
            raise Refused("401 Unauthorized", "Only a token for one path may stand in an address.")
        return
    paths = [inside(folder, quoted(word.removeprefix(READ_SCOPE))) for word in named if word.startswith(READ_SCOPE)]
    if HERE not in audience or method not in ("GET", "HEAD") or not any(target.is_relative_to(path) for path in paths):
        raise Refused("403 Forbidden", "The token does not open this.")
