"""Who renews a token: one at a time across all processes, and never with a transaction open during the call.

A lease is a mark on the token's row, set by the primitives of `vre_portal.jobs.lease` in a transaction of milliseconds. Whoever holds it talks to the
IAM with no transaction open; the others look again until the token is fresh. A holder that dies leaves a lease that runs out.
"""

import random
import time
import uuid
from typing import TypeGuard

from django.db import transaction
from django.utils import timezone

from vre_portal import deadlines
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import Token, User
from vre_portal.iam.tokens import Tokens
from vre_portal.jobs import lease
from vre_portal.services import ServiceKind

LEASE_SECONDS = 60  # longer than two calls with their deadlines: a second holder could use up a refresh token
WAIT_SECONDS = 20


def live(user: User, service: str) -> Token | None:
    """The row as it is now, without a lock."""
    return Token.objects.filter(user=user, service=service, retired_at=None).first()


def is_fresh(token: Token | None) -> TypeGuard[Token]:
    """Whether the access token can be used for a while yet."""
    return token is not None and bool(token.access) and token.fresh_until > timezone.now()


def take(user: User, service: str) -> Token | None:
    """The row, either fresh or with a new lease that is ours; waits while another renews. None when there is no row."""
    deadline, pause = deadlines.end_of(ServiceKind.IAM, WAIT_SECONDS), 0.02
    while True:
        token = live(user, service)
        if token is None or is_fresh(token):
            return token
        if token.leased_until is None or token.leased_until < timezone.now():
            token = _lease(token.pk)
            if token is not None:
                return token
        if time.monotonic() > deadline:
            raise RemoteUnavailable("Your sign-in is being renewed and this takes long. Please try again.")
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- only spreads the waiting
        pause = min(pause * 1.5, 0.3)


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
    """Give a lease back without a result."""
    Token.objects.filter(pk=token.pk, lease=token.lease).update(lease=None, leased_until=None)


def store(token: Token, fresh: Tokens, *, purpose: str) -> bool:
    """Keep what came; False when the person signed out, or in anew, meanwhile. Where it cannot be kept the lease is given back."""
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
