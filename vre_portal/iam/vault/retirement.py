"""How tokens come into the vault with a sign-in, and how they go: retired here, then revoked at the IAM by the worker."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.http import RemoteError
from vre_portal.iam import oidc
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.vault.token_rows import LONG_AGO, SIGN_IN
from vre_portal.services import Service

logger = logging.getLogger(__name__)


@transaction.atomic
def store_sign_in(user: User, tokens: Tokens) -> list[int]:
    """Store the tokens of a new sign-in and retire the row of the one before. Returns ids of retired rows: the caller has the worker revoke them.

    Tokens exchanged for services stay where they are of the same IAM: they are the same person's, and a task may be using them.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)  # two browsers may sign in at once
    retired = _retire(Token.objects.filter(Q(service=SIGN_IN) | ~Q(issuer__in=("", user.issuer)), user=user), access="")
    token = Token(user=user, service=SIGN_IN, issuer=user.issuer)
    token.fill(tokens, purpose=_("sign-in"))
    token.save()
    return retired


@transaction.atomic
def retire(user: User, *, issuer: str = "") -> list[int]:
    """Retire all tokens of a person, or those of one IAM. Returns ids of the rows: the caller has the worker revoke them."""
    return _retire(Token.objects.filter(user=user, **({"issuer": issuer} if issuer else {})))


def _retire(rows: QuerySet[Token], **changes: str) -> list[int]:
    live = rows.filter(retired_at=None)
    ids = list(live.values_list("pk", flat=True))
    live.update(retired_at=timezone.now(), lease=None, leased_until=None, **changes)
    return ids


def expire_tokens_and_groups(user: User) -> None:
    """Their groups were changed at the IAM: at the next use ask for them, and for every token, anew."""
    Token.objects.filter(user=user, retired_at=None).update(fresh_until=LONG_AGO)
    User.objects.filter(pk=user.pk, groups_seen_at__isnull=False).update(groups_seen_at=LONG_AGO)
    seen = Identity.objects.filter(user=user, groups_seen_at__isnull=False)
    seen.filter(issuer=user.issuer).update(groups_seen_at=LONG_AGO)
    due = timezone.now() - timedelta(seconds=settings.GROUPS_SECONDS + 1)  # of others: to be asked for, and counting until then
    seen.exclude(issuer=user.issuer).filter(groups_seen_at__gt=due).update(groups_seen_at=due)


def forget_sign_in(user: User, iam: Service) -> None:
    """Delete the tokens of a sign-in that the IAM has ended; the IAM takes none of them any more."""
    logger.info("sign-in of user %s was ended by %s", user.pk, iam.name)
    Token.objects.filter(user=user, retired_at=None).delete()
    Identity.objects.filter(user=user, issuer=iam.url).update(groups_seen_at=None)  # nor do its groups count beside another identity


def revoke_unused(iam: Service, value: str) -> None:
    """Revoke a token that nobody will use; where the IAM refuses or is away that is logged and nothing raised."""
    try:
        oidc.revoke(iam, value)
    except RemoteError:
        logger.warning("a token could not be revoked at %s", iam.name)
