"""The way from a person and a service to an access token, from top to bottom in this file.

`access_token` records the use and chooses: a token that the person stored, the one of the sign-in (`sign_in_token`), or one for the
service alone (`_service_token`). A fresh one is in its row (`token_rows`). Else the row is leased, so that of all processes one asks the
IAM (`renewal`): to refresh the sign-in (`_refresh`), or to exchange it for one audience (`exchange`).
"""

import logging
from datetime import timedelta
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.audit import uses
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import oidc, people
from vre_portal.iam.errors import SIGN_IN_OVER_CODES, sign_in_again
from vre_portal.iam.issuers import iam_of
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc import signatures
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import background_refresh, renewal, token_rows
from vre_portal.iam.vault.renewable_token import RenewableToken
from vre_portal.iam.vault.retirement import forget_sign_in
from vre_portal.iam.vault.token_rows import SIGN_IN
from vre_portal.services import Service, ServiceKind

logger = logging.getLogger(__name__)
JUST_NOW = timedelta(minutes=1)


def access_token(user: User, service: Service, *, purpose: str) -> str:
    """A token of `user` for `service` alone, good for a minute or more; raises SignInAgain, RemoteRefused, RemoteUnavailable.

    Asks the IAM when the one at hand is too old, so it must not be called inside a transaction. Each call is recorded, for the person
    to see what was done in their name. One of the IAM's can be replaced where the service refuses it (`renewable_token`).
    """
    with uses.recorded(user, service, purpose):
        token = token_for(user, service, purpose)
    return token if stored.takes_one(service) else RenewableToken(token, partial(another_token, user, service, purpose=purpose))


def another_token(user: User, service: Service, *, purpose: str) -> str:
    """A new token where the service does not take the one that it was given; the same one where that was given just now.

    A token can end before its time: keys change, and an IAM may take it back. Raises as `access_token` does.
    """
    given_before = Token.objects.filter(
        user=user, service=f"{service.kind}/{service.name}", retired_at=None, renewed_at__lt=timezone.now() - JUST_NOW
    )
    given_before.update(fresh_until=token_rows.LONG_AGO)
    return access_token(user, service, purpose=purpose)


def token_for(user: User, service: Service, purpose: str) -> str:
    """The token, unrecorded."""
    if not user.is_active:
        raise sign_in_again(service)
    if stored.takes_one(service):
        if own := stored.opened(user, service):
            return own
        raise stored.missing(service)  # never one of the IAM's: it would go into an address
    iam = iam_of(user)
    if service.kind == ServiceKind.IAM:
        return sign_in_token(user, iam, purpose)
    if not service.audience:
        raise ValueError(f"{service.kind}/{service.name} has no audience: a person's token is never sent there")
    return _service_token(user, iam, service, purpose)


def _service_token(user: User, iam: Service, service: Service, purpose: str) -> str:
    """The token for one service, exchanged anew where the one at hand is too old."""
    row = token_rows.live_or_new(user, f"{service.kind}/{service.name}")
    if not token_rows.is_fresh(row):
        acquired = token_rows.acquire(user, row.service)
        if acquired is None:
            raise sign_in_again(service)
        row = acquired
    if token_rows.is_fresh(row):
        return token_rows.decrypt_access(row)
    scope = str(service.options.get("exchange_scope") or iam.options.get("exchange_scope", "openid profile"))
    return renewal.renew(row, iam, lambda: exchange(user, iam, service, purpose, audience=service.audience, scope=scope), purpose)


def exchange(user: User, iam: Service, service: Service, purpose: str, *, audience: str, scope: str) -> Tokens:
    """Exchange for one audience; once more with a refreshed sign-in when the IAM has ended the access token early."""
    if not user.is_active:
        raise sign_in_again(service)
    subject = sign_in_token(user, iam, purpose)
    try:
        fresh = oidc.by_exchange(iam, subject, audience=audience, scope=scope)
    except RemoteRefused as refused:
        if refused.code not in SIGN_IN_OVER_CODES:
            reason = _("%(iam)s does not let this portal act for you at %(service)s.") % {"iam": iam.title, "service": service.title}
            raise RemoteRefused(reason, service=iam) from None
        token_rows.expire_sign_in(user)
        subject = sign_in_token(user, iam, purpose)
        fresh = oidc.by_exchange(iam, subject, audience=audience, scope=scope)
    if fresh.access.count(".") == 2:  # opaque tokens can only be taken on trust
        claims = signatures.claims(iam, fresh.access, audience=audience, leeway=signatures.CLOCK_SECONDS)
        if claims["sub"] != user.subject:
            raise signatures.NotGenuine(_("The IAM answered for a different person."), service=iam)
    return fresh


def sign_in_token(user: User, iam: Service, purpose: str) -> str:
    """The access token of the sign-in, refreshed where it is too old; name and groups are asked for again with it."""
    row = token_rows.live(user, SIGN_IN)
    if not token_rows.is_fresh(row):
        row = token_rows.acquire(user, SIGN_IN)
    if row is None:
        raise sign_in_again(iam)
    if row.issuer not in ("", iam.url):  # no IAM ever sees a token of another
        token_rows.release(row)
        raise RemoteUnavailable(_("You signed in with another identity in the meantime. Please try again."), service=iam)
    if token_rows.is_fresh(row):
        return token_rows.decrypt_access(row)
    held = row
    access = renewal.renew(held, iam, lambda: _refresh(held, iam, purpose), purpose)
    try:
        people.bring_up_to_date(user, iam, access)
    except RemoteUnavailable:
        logger.warning("the groups of user %s could not be asked for again", user.pk)
    except RemoteRefused:
        forget_sign_in(user, iam)
        raise sign_in_again(iam) from None
    return access


def _refresh(row: Token, iam: Service, purpose: str) -> Tokens:
    """Refresh the sign-in. An answer that comes when the page waits no longer is stored all the same: a refresh token may work only once."""

    def ask() -> Tokens:
        refresh = token_rows.decrypt_refresh(row)
        if not refresh:
            raise sign_in_again(iam)
        return oidc.by_refresh(iam, refresh)

    return background_refresh.answer(iam, ask, on_late_result=lambda late: renewal.finish(row, iam, late, purpose))
