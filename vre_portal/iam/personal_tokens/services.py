"""Making and revoking a person's tokens."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.audit import record
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.personal_tokens.models import PersonalToken, digest, new_secret, tokens_of

MAX_TOKENS = 50  # that work, of one person
KEPT_DAYS = 365  # how long the list shows one that no longer works
MAX_HISTORY = 50
AGAIN_WITHIN = timedelta(minutes=2)  # a form that comes again is the same press of the button
CREATED, REVOKED = "personal-token.create", "personal-token.revoke"


class TokenRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


_listeners: list[Callable[[PersonalToken], None]] = []


def register_listener(listener: Callable[[PersonalToken], None]) -> None:
    """Call `listener` with each new token, in the transaction that makes it: what tells people lies above what is told."""
    if listener not in _listeners:
        _listeners.append(listener)


@transaction.atomic
def create(name: str, *, scopes: Sequence[str], days: int, by: User, form_key: UUID | None = None) -> tuple[PersonalToken, str]:
    """A new token and its value, which nobody can read again. Raises TokenRefused.

    The same form sent twice at once gives the token of the first another value, for only the last answer is seen.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once count the same tokens
    now = timezone.now()
    own = tokens_of(by).filter(revoked_at=None)
    if form_key and (sent := own.valid().filter(form_key=form_key, last_used_at=None, created_at__gt=now - AGAIN_WITHIN).first()):
        return sent, replace_secret(sent)
    own.named(name).filter(expires_at__lte=now).update(revoked_at=F("expires_at"))  # one that has expired gives its name free
    if own.valid().count() >= MAX_TOKENS:
        raise TokenRefused(_("You have %(limit)s tokens, which is the limit. Revoke one first.") % {"limit": MAX_TOKENS})
    if own.named(name).exists():
        raise TokenRefused(_("You already have a token with this name. Choose another name, or revoke that token first."))
    secret = new_secret()
    token = PersonalToken.objects.create(
        user=by, name=name, secret_digest=digest(secret), scopes=list(scopes), created_at=now, expires_at=now + timedelta(days=days),
        form_key=None if form_key and tokens_of(by).filter(form_key=form_key).exists() else form_key,
    )  # fmt: skip
    for listener in _listeners:
        listener(token)
    record(CREATED, by=by, subject=f"personal-token/{token.pk}", scopes=list(scopes), days=days)
    return token, secret


def replace_secret(token: PersonalToken) -> str:
    """A new value of a token; the one before no longer works."""
    secret = new_secret()
    token.secret_digest = digest(secret)
    token.save(update_fields=["secret_digest"])
    return secret


@transaction.atomic
def revoke(token: PersonalToken, *, by: User) -> bool:
    """End a token at once; False where it was revoked before."""
    if not PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    record(REVOKED, by=by, subject=f"personal-token/{token.pk}")
    return True


def listed(user: User) -> list[PersonalToken]:
    """Tokens that work, and those that ended within KEPT_DAYS."""
    since = timezone.now() - timedelta(days=KEPT_DAYS)
    ended = Q(revoked_at__lt=since) | Q(expires_at__lt=since)
    return sorted(tokens_of(user).exclude(ended), key=lambda token: not token.is_valid)


def history(user: User) -> list[tuple[AuditEntry, str]]:
    """The latest changes, each with the name of its token, newest first."""
    entries = list(AuditEntry.objects.filter(actor=user.handle, action__in=(CREATED, REVOKED))[:MAX_HISTORY])
    names = {f"personal-token/{token.pk}": token.name for token in tokens_of(user)}
    return [(entry, names.get(entry.subject, "")) for entry in entries]
