"""What is done at an IAM after the person has gone: taking tokens back."""

import logging
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from vre_portal.encryption import CannotDecrypt
from vre_portal.iam import oidc
from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.issuers import iam_at
from vre_portal.iam.models import Token, UsedLogout, UserSession
from vre_portal.iam.sessions import session_end
from vre_portal.iam.sessions.backchannel import REMEMBER

logger = logging.getLogger(__name__)
GIVE_UP = timedelta(days=31)  # a refresh token of INDIGO IAM lives 30 days


def revoke(token_id: int) -> None:
    """Revoke one retired row's tokens and forget it; safe to run twice. RemoteUnavailable leaves it for the sweep."""
    token = Token.objects.select_related("user").filter(pk=token_id, retired_at__isnull=False).first()
    if token is None:
        return
    try:
        iam = iam_at(token.issuer or token.user.issuer)
        for value in filter(None, (token.open_refresh(), token.open_access())):
            oidc.revoke(iam, value)
    except (SignInAgain, CannotDecrypt):
        logger.warning("token row %s cannot be revoked any more", token_id)
    token.delete()


def forget() -> None:
    """Sessions that have ended by themselves, and logout tokens that are too old to be taken again."""
    now = timezone.now()
    over = UserSession.objects.filter(session__expire_date__lt=now)
    for user in over.order_by().values_list("user", flat=True).distinct():  # one at a time: each end locks its person's row
        over.filter(user=user).end()
    Session.objects.filter(expire_date__lt=now, known=None).delete()
    for user in session_end.left_behind():
        session_end.retire_unless_signed_in(user)
    UsedLogout.objects.filter(at__lt=now - REMEMBER).delete()


def left_over() -> list[int]:
    """Retired rows whose task was lost, after a minute; those too old to matter are deleted."""
    now = timezone.now()
    Token.objects.filter(retired_at__lt=now - GIVE_UP).delete()
    return list(Token.objects.filter(retired_at__lt=now - timedelta(minutes=1)).values_list("pk", flat=True)[:200])
