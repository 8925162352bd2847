"""Access tokens of people, one per service; nobody else may hold one."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from vre_portal.audit import record, uses
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam import late, lease, oidc, people, signatures
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.sealing import Unreadable
from vre_portal.iam.stored import services as stored
from vre_portal.iam.tokens import Tokens
from vre_portal.services import Service, ServiceKind, services

logger = logging.getLogger(__name__)
ASKING = "asking for your groups"
SIGN_IN = ""  # the row of the sign-in itself
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
JUST_NOW = timedelta(minutes=1)
ENDED = frozenset({"invalid_grant", "invalid_token"})  # what an IAM answers when a sign-in is over


class SignInAgain(RemoteRefused):
    """The IAM gives no new token for this person: they have to sign in again."""


def sign_in_again(service: Service | None = None) -> SignInAgain:
    """The refusal, in words for the person."""
    return SignInAgain("Your sign-in has run out. Please sign in again.", service=service)


def access_token(user: User, service: Service, *, purpose: str) -> str:
    """A token of `user` for `service` alone, good for a minute or more; raises SignInAgain.

    Talks to the IAM when the one at hand is too old, so it must not be called inside a transaction. Each call is noted, for the person
    to see what was done in their name.
    """
    with noted(user, service, purpose):
        return _token(user, service, purpose)


def another_token(user: User, service: Service, *, purpose: str) -> str:
    """A new token where the service does not take the one that it was given; the same one where that was given just now.

    A token can end before its time: keys change, and an IAM may take it back.
    """
    old = Token.objects.filter(
        user=user, service=f"{service.kind}/{service.name}", retired_at=None, renewed_at__lt=timezone.now() - JUST_NOW
    )
    old.update(fresh_until=LONG_AGO)
    return access_token(user, service, purpose=purpose)


def require_sign_in(user: User) -> None:
    """Raise SignInAgain where no token can be made for the person; nothing is asked. Whoever never came through an IAM needs none."""
    if user.groups_seen_at is not None and lease.live(user, SIGN_IN) is None:
        raise sign_in_again()


def require_token(user: User, service: Service, *, purpose: str) -> None:
    """Before something is accepted that a worker will do at a service: raises SignInAgain, or RemoteRefused where none is given.

    An IAM that is away stops nothing: the worker waits for it.
    """
    if user.groups_seen_at is None:
        return
    try:
        access_token(user, service, purpose=purpose)
    except RemoteUnavailable as error:
        logger.warning("whether user %s has a token for %s is not known: %s", user.pk, service.name, error)


@contextmanager
def noted(user: User, service: Service, purpose: str) -> Iterator[None]:
    """Note a use of a token, also one that could not be."""
    try:
        yield
    except RemoteError as error:
        uses.note(user, service, purpose=purpose, outcome="refused" if isinstance(error, RemoteRefused) else "unavailable")
        raise
    uses.note(user, service, purpose=purpose)


def _token(user: User, service: Service, purpose: str) -> str:
    if not user.is_active:
        raise sign_in_again(service)
    if stored.takes_one(service):
        if own := stored.opened(user, service):
            return own
        raise stored.missing(service)  # never one of the IAM's: it would go into an address
    iam = iam_of(user)
    if service.kind == ServiceKind.IAM:
        return _signed_in(user, iam, purpose)
    if not service.audience:
        raise ValueError(f"{service.kind}/{service.name} has no audience: a person's token is never sent there")
    key = f"{service.kind}/{service.name}"
    token = lease.live(user, key) or _row(user, key)
    if lease.is_fresh(token):
        return _opened(token)
    taken = lease.take(user, key)
    if taken is None:
        raise sign_in_again(service)
    if lease.is_fresh(taken):
        return _opened(taken)
    scope = exchange_scope(iam, service)
    return _renew(taken, iam, lambda: exchanged(user, iam, service, purpose, audience=service.audience, scope=scope), purpose)


def exchange_scope(iam: Service, service: Service) -> str:
    """What is asked for in a token for this service: its own option, else the IAM's."""
    return str(service.options.get("exchange_scope") or iam.options.get("exchange_scope", "openid profile"))


def look_again(user: User) -> None:
    """Ask the IAM who the person is now; raises SignInAgain when it has ended the sign-in."""
    iam, before = iam_of(user), user.groups_seen_at
    with noted(user, iam, ASKING):
        access = _signed_in(user, iam, ASKING)
    if user.groups_seen_at != before:
        return  # a refresh has just asked
    try:
        people.bring_up_to_date(user, iam, access)
    except RemoteRefused as refused:
        if refused.code not in ENDED:
            raise
        _make_old(user)
        _signed_in(user, iam, ASKING)


def iam_of(user: User) -> Service:
    """The IAM by which a person last signed in; one that is no longer configured can renew nothing."""
    return iam_at(user.issuer)


def iam_at(issuer: str) -> Service:
    """The IAM with this issuer; raises SignInAgain."""
    for iam in services(ServiceKind.IAM):
        if iam.url == issuer:
            return iam
    raise sign_in_again()


@transaction.atomic
def keep(user: User, tokens: Tokens) -> list[int]:
    """Keep the tokens of a new sign-in; the old refresh token is put out of use. Returns the rows to revoke.

    What was exchanged for services stays, where it is of the same IAM: it is the same person's, and a task may be using it.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)  # two browsers may sign in at once
    retired = _retire(Token.objects.filter(Q(service=SIGN_IN) | ~Q(issuer__in=("", user.issuer)), user=user), access="")
    token = Token(user=user, service=SIGN_IN, issuer=user.issuer)
    token.fill(tokens, purpose="signing in")
    token.save()
    return retired


@transaction.atomic
def retire(user: User, *, issuer: str = "") -> list[int]:
    """Put all tokens of a person out of use, or those of one IAM; the worker revokes them there. Returns the rows."""
    return _retire(Token.objects.filter(user=user, **({"issuer": issuer} if issuer else {})))


def _retire(rows: QuerySet[Token], **changes: str) -> list[int]:
    live = rows.filter(retired_at=None)
    found = list(live.values_list("pk", flat=True))
    live.update(retired_at=timezone.now(), lease=None, leased_until=None, **changes)
    return found


def _row(user: User, key: str) -> Token:
    token, _ = Token.objects.get_or_create(
        user=user, service=key, retired_at=None, defaults={"issuer": user.issuer, "expires_at": LONG_AGO, "fresh_until": LONG_AGO}
    )
    return token


def _opened(token: Token) -> str:
    try:
        return token.open_access()
    except Unreadable:
        logger.warning("token row %s is sealed with a key that is gone", token.pk)
        Token.objects.filter(pk=token.pk).delete()
        raise sign_in_again() from None


def _signed_in(user: User, iam: Service, purpose: str) -> str:
    """The access token of the sign-in, refreshed if need be; the groups are asked for again with it."""
    token = lease.live(user, SIGN_IN)
    if not lease.is_fresh(token):
        token = lease.take(user, SIGN_IN)
    if token is None:
        raise sign_in_again(iam)
    if token.issuer not in ("", iam.url):  # no IAM ever sees a token of another
        lease.release(token)
        raise RemoteUnavailable("You signed in by another identity meanwhile. Please try again.", service=iam)
    if lease.is_fresh(token):
        return _opened(token)
    held = token
    access = _renew(held, iam, lambda: _refresh_at_most_once(held, iam, purpose), purpose)
    try:
        people.bring_up_to_date(user, iam, access)
    except RemoteUnavailable:
        logger.warning("the groups of user %s could not be asked for again", user.pk)
    except RemoteRefused:
        end(user, iam)
        raise sign_in_again(iam) from None
    return access


def renew_soon(user: User) -> None:
    """Their groups were changed at the IAM: at the next use ask for them, and for every token, anew."""
    Token.objects.filter(user=user, retired_at=None).update(fresh_until=LONG_AGO)
    User.objects.filter(pk=user.pk, groups_seen_at__isnull=False).update(groups_seen_at=LONG_AGO)
    seen = Identity.objects.filter(user=user, groups_seen_at__isnull=False)
    seen.filter(issuer=user.issuer).update(groups_seen_at=LONG_AGO)
    due = timezone.now() - timedelta(seconds=settings.GROUPS_SECONDS + 1)  # of others: to be asked for, and counting until then
    seen.exclude(issuer=user.issuer).filter(groups_seen_at__gt=due).update(groups_seen_at=due)


def _make_old(user: User) -> None:
    """The IAM no longer takes the access token, whatever its end: refresh it at the next use."""
    Token.objects.filter(user=user, service=SIGN_IN, retired_at=None).update(fresh_until=LONG_AGO)


def _refresh_at_most_once(token: Token, iam: Service, purpose: str) -> Tokens:
    """Refresh; what comes when the page waits no longer is kept, for the refresh token before it is used up."""
    return late.answer(iam, lambda: _refresh(token, iam), lambda answer: _kept(token, iam, _asked(token, iam, answer), purpose))


def _refresh(token: Token, iam: Service) -> Tokens:
    try:
        refresh = token.open_refresh()
    except Unreadable:
        refresh = ""
    if not refresh:
        raise sign_in_again(iam)
    return oidc.by_refresh(iam, refresh)


def exchanged(user: User, iam: Service, service: Service, purpose: str, *, audience: str, scope: str) -> Tokens:
    """Exchange for one audience; once more with a refreshed sign-in when the IAM has ended the access token early."""
    if not user.is_active:
        raise sign_in_again(service)
    subject = _signed_in(user, iam, purpose)
    try:
        fresh = oidc.by_exchange(iam, subject, audience=audience, scope=scope)
    except RemoteRefused as refused:
        if refused.code not in ENDED:
            raise RemoteRefused(f"{iam.title} does not let this portal act for you at {service.title}.", service=iam) from None
        _make_old(user)
        subject = _signed_in(user, iam, purpose)
        fresh = oidc.by_exchange(iam, subject, audience=audience, scope=scope)
    if fresh.access.count(".") == 2:  # opaque tokens can only be taken on trust
        claims = signatures.claims(iam, fresh.access, audience=audience, leeway=signatures.CLOCK_SECONDS)
        if claims["sub"] != user.subject:
            raise signatures.NotGenuine("The IAM answered for another person.", service=iam)
    return fresh


def _renew(token: Token, iam: Service, ask: Callable[[], Tokens], purpose: str) -> str:
    """Ask the IAM as holder of the lease, and keep the answer."""
    try:
        fresh = _asked(token, iam, ask)
    except RemoteUnavailable:
        if token.access and token.expires_at > timezone.now():
            return _opened(token)  # nearly over, but an IAM that is down is no reason to refuse it
        raise
    return _kept(token, iam, fresh, purpose)


def _asked(token: Token, iam: Service, ask: Callable[[], Tokens]) -> Tokens:
    """What the IAM gives; where it gives nothing the lease is given back, save where the answer may still come."""
    try:
        return ask()
    except late.Late:
        raise
    except RemoteRefused as refused:
        lease.release(token)
        if isinstance(refused, SignInAgain) or refused.code in ENDED:
            end(token.user, iam)
            raise sign_in_again(iam) from None
        raise
    except BaseException:
        lease.release(token)
        raise


def _kept(token: Token, iam: Service, fresh: Tokens, purpose: str) -> str:
    """Keep it and give its access token; one that nobody wants any more is taken back."""
    if lease.store(token, fresh, purpose=purpose):
        logger.info("token of user %s for %s renewed: %s", token.user_id, token.service or "the sign-in", purpose)
        record("token.issue", by=token.user, subject=f"service/{token.service or f'iam/{iam.name}'}", purpose=purpose)
        return fresh.access
    for value in filter(None, (fresh.refresh, fresh.access)):
        take_back(iam, value)
    if lease.live(token.user, SIGN_IN) is None:
        raise sign_in_again(iam)
    raise RemoteUnavailable("You signed in anew meanwhile. Please try again.", service=iam)


def end(user: User, iam: Service) -> None:
    """Forget a sign-in that the IAM has ended."""
    logger.info("sign-in of user %s was ended by %s", user.pk, iam.name)
    Token.objects.filter(user=user, retired_at=None).delete()
    Identity.objects.filter(user=user, issuer=iam.url).update(groups_seen_at=None)  # nor do its groups count beside another identity


def take_back(iam: Service, value: str) -> None:
    """Revoke a token that nobody will use, as well as it goes."""
    try:
        oidc.revoke(iam, value)
    except RemoteError:
        logger.warning("a token could not be revoked at %s", iam.name)
