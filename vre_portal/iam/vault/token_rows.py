"""The rows of tokens: fresh ones, and leases on those to be renewed.

One process at a time renews a token, and never with a transaction open during the call: a lease (`vre_portal.jobs.lease`) is a mark on the
row, set in a transaction of milliseconds. The process that holds it talks to the IAM with no transaction open; the others poll until the token
is fresh. A holder that dies leaves a lease that runs out.
"""

import logging
import uuid
from datetime import UTC, datetime
from typing import TypeGuard

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal import deadlines
from vre_portal.encryption import CannotDecrypt
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import sign_in_again
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.jobs import lease
from vre_portal.services import ServiceKind

logger = logging.getLogger(__name__)
SIGN_IN = ""  # the row of the sign-in itself; the others have "kind/name" of their service
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LEASE_SECONDS = 60  # longer than two calls with their deadlines: a second holder could use up a refresh token
WAIT_SECONDS = 20


def live(user: User, service: str) -> Token | None:
    """The row as it is now, without a lock; None where there is none."""
    return Token.objects.filter(user=user, service=service, retired_at=None).first()


def live_or_new(user: User, service: str) -> Token:
    """The row as it is now, made empty and long out of date where there is none."""
    row = live(user, service)
    if row is None:
        row, _ = Token.objects.get_or_create(
            user=user, service=service, retired_at=None, defaults={"issuer": user.issuer, "expires_at": LONG_AGO, "fresh_until": LONG_AGO}
        )
    return row


def is_fresh(token: Token | None) -> TypeGuard[Token]:
    """Whether the access token can be used for a while yet."""
    return token is not None and bool(token.access) and token.fresh_until > timezone.now()


def decrypt_access(token: Token) -> str:
    """The access token; where its key is gone the row is deleted and SignInAgain raised."""
    try:
        return token.open_access()
    except CannotDecrypt:
        logger.warning("token row %s is sealed with a key that is gone", token.pk)
        Token.objects.filter(pk=token.pk).delete()
        raise sign_in_again() from None


def decrypt_refresh(token: Token) -> str:
    """The refresh token; an empty text where there is none, or its key is gone."""
    try:
        return token.open_refresh()
    except CannotDecrypt:
        return ""


def expire_sign_in(user: User) -> None:
    """Have the sign-in refreshed at its next use: the IAM no longer takes its access token, whatever its end."""
    Token.objects.filter(user=user, service=SIGN_IN, retired_at=None).update(fresh_until=LONG_AGO)


def acquire(user: User, service: str) -> Token | None:
    """The row, either fresh or with a new lease that is ours; waits while another renews. None when there is no row.

    Raises RemoteUnavailable where the other takes longer than WAIT_SECONDS, or than the page may wait for an IAM.
    """
    for _look in lease.looks(until=deadlines.end_of(ServiceKind.IAM, WAIT_SECONDS)):
        token = live(user, service)
        if token is None or is_fresh(token):
            return token
        if token.leased_until is None or token.leased_until < timezone.now():
            token = _lease(token.pk)
            if token is not None:
                return token
    raise RemoteUnavailable(_("Your sign-in is being renewed, which takes longer than usual. Please try again."))


def _lease(pk: int) -> Token | None:
    """The row with our lease, or as another just renewed it; None when another has the lease or it is gone."""
    # durable: inside somebody's transaction the mark would be seen by nobody, and a new refresh token could be rolled back.
    with transaction.atomic(durable=True):
        token = lease.locked(Token.objects.filter(pk=pk, retired_at=None), "leased_until")
        if token is None or is_fresh(token):
            return token
        token.lease, token.leased_until = uuid.uuid4(), lease.end(LEASE_SECONDS)
        token.save(update_fields=["lease", "leased_until"])
        return token


def release(token: Token) -> None:
    """Give our lease back without a result; nothing happens where another has taken it."""
    Token.objects.filter(pk=token.pk, lease=token.lease).update(lease=None, leased_until=None)


def store(token: Token, fresh: Tokens, *, purpose: str) -> bool:
    """Store what came and end the lease; False when the person signed out, or in anew, meanwhile. Where storing raises, the lease is given back."""
    held = token.lease
    try:
        token.fill(fresh, purpose=purpose)
        values = {
            name: getattr(token, name)
            for name in ("access", "refresh", "scope", "expires_at", "fresh_until", "purpose", "renewed_at", "lease", "leased_until")
        }
        return Token.objects.filter(pk=token.pk, lease=held, retired_at=None).update(**values) == 1
    except BaseException:  # also a page that is given up: nobody may be shut out for as long as a lease lasts
        token.lease = held
        release(token)
        raise
