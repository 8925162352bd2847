"""Renewing a token as holder of its row's lease: ask the IAM, store the answer, and give the lease back whatever happens."""

import logging
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.audit import record
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.errors import SIGN_IN_OVER_CODES, SignInAgain, sign_in_again
from vre_portal.iam.models import Token
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.vault import background_refresh, token_rows
from vre_portal.iam.vault.retirement import forget_sign_in, revoke_unused
from vre_portal.iam.vault.token_rows import SIGN_IN
from vre_portal.services import Service

logger = logging.getLogger(__name__)


def renew(row: Token, iam: Service, ask: Callable[[], Tokens], purpose: str) -> str:
    """Ask the IAM, store the answer and return its access token; the one at hand where the IAM is down and it has not ended yet.

    Raises SignInAgain where the IAM has ended the sign-in, RemoteRefused, RemoteUnavailable.
    """
    try:
        fresh = _ask(row, iam, ask)
    except RemoteUnavailable:
        if row.access and row.expires_at > timezone.now():
            return token_rows.decrypt_access(row)  # nearly over, but an IAM that is down is no reason to refuse it
        raise
    return _store(row, iam, fresh, purpose)


def finish(row: Token, iam: Service, result: Callable[[], Tokens], purpose: str) -> None:
    """Store an answer that came when nobody waited for it any more; raises as `renew` does."""
    _store(row, iam, _ask(row, iam, result), purpose)


def _ask(row: Token, iam: Service, ask: Callable[[], Tokens]) -> Tokens:
    """What the IAM gives; where it gives nothing the lease is given back, save where the answer may still come."""
    try:
        return ask()
    except background_refresh.StillRunning:
        raise
    except RemoteRefused as refused:
        token_rows.release(row)
        if isinstance(refused, SignInAgain) or refused.code in SIGN_IN_OVER_CODES:
            forget_sign_in(row.user, iam)
            raise sign_in_again(iam) from None
        raise
    except BaseException:
        token_rows.release(row)
        raise


def _store(row: Token, iam: Service, fresh: Tokens, purpose: str) -> str:
    """Store it and return its access token; one that nobody wants any more is revoked."""
    if token_rows.store(row, fresh, purpose=purpose):
        logger.info("token of user %s for %s renewed: %s", row.user_id, row.service or "the sign-in", purpose)
        record("token.issue", by=row.user, subject=f"service/{row.service or f'iam/{iam.name}'}", purpose=purpose)
        return fresh.access
    for value in filter(None, (fresh.refresh, fresh.access)):
        revoke_unused(iam, value)
    if token_rows.live(row.user, SIGN_IN) is None:
        raise sign_in_again(iam)
    raise RemoteUnavailable(_("You signed in again in the meantime. Please try again."), service=iam)
