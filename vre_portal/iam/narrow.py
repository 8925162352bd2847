"""A token for one path of a storage, for a few minutes: looked at when it comes, given away at once, and never kept."""

import time

from vre_portal.audit import record
from vre_portal.http import RemoteRefused
from vre_portal.iam import signatures, vault
from vre_portal.iam.models import User
from vre_portal.services import Service

SOME_SECONDS = 30  # that clocks may differ


class TooBroad(RemoteRefused):
    """The IAM gave a token that opens more, or lives longer, than may stand in an address; it was taken back."""


def path_token(user: User, service: Service, *, audience: str, scope: str, seconds: int, purpose: str) -> str:
    """A token of `user` that opens `scope` at `audience` and nothing else; raises SignInAgain, TooBroad.

    It may be put into an address, which others may get to see: so nothing is taken on trust, and an opaque token is none of these.
    """
    with vault.noted(user, service, purpose):
        iam = vault.iam_of(user)
        token = vault.exchanged(user, iam, service, purpose, audience=audience, scope=scope).access
        claims = signatures.claims(iam, token, audience=audience, leeway=signatures.CLOCK_SECONDS) if token.count(".") == 2 else {}
        told = (claims.get("scope"), claims.get("aud"))
        if told not in ((scope, audience), (scope, [audience])) or claims["exp"] - time.time() > seconds + SOME_SECONDS:
            vault.take_back(iam, token)
            raise TooBroad(f"{iam.title} gives no token that is narrow and short enough for this.", service=service)
    record("token.issue", by=user, subject=f"service/{service.kind}/{service.name}", purpose=purpose)
    return token
