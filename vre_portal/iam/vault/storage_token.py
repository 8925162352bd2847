"""A token for one path of a storage, for a few minutes: looked at when it comes, given away at once, and never kept."""

import time

from django.utils.translation import gettext as _

from vre_portal.audit import record, uses
from vre_portal.http import RemoteRefused
from vre_portal.iam.issuers import iam_of
from vre_portal.iam.models import User
from vre_portal.iam.oidc import signatures
from vre_portal.iam.vault.access import exchange
from vre_portal.iam.vault.retirement import revoke_unused
from vre_portal.services import Service

CLOCK_TOLERANCE_SECONDS = 30


class TooBroad(RemoteRefused):
    """The IAM gave a token that opens more, or lives longer, than may stand in an address; it was taken back."""


def path_token(user: User, service: Service, *, audience: str, scope: str, seconds: int, purpose: str) -> str:
    """A token of `user` that opens `scope` at `audience` and nothing else; raises SignInAgain, TooBroad.

    It may be put into an address, which others may get to see: so nothing is taken on trust, and an opaque token is none of these.
    """
    with uses.recorded(user, service, purpose):
        iam = iam_of(user)
        token = exchange(user, iam, service, purpose, audience=audience, scope=scope).access
        claims = signatures.claims(iam, token, audience=audience, leeway=signatures.CLOCK_SECONDS) if token.count(".") == 2 else {}
        granted = (claims.get("scope"), claims.get("aud"))
        if granted not in ((scope, audience), (scope, [audience])) or claims["exp"] - time.time() > seconds + CLOCK_TOLERANCE_SECONDS:
            revoke_unused(iam, token)
            raise TooBroad(_("%(iam)s issues no token that is restricted enough for this.") % {"iam": iam.title}, service=service)
    record("token.issue", by=user, subject=f"service/{service.kind}/{service.name}", purpose=purpose)
    return token
