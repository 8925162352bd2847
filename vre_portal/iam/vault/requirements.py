"""What is asked of the vault before work is accepted that needs a token later, and when a service does not take the one it was given."""

import logging
from datetime import timedelta

from django.utils import timezone

from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import sign_in_again
from vre_portal.iam.models import Token, User
from vre_portal.iam.vault import token_rows
from vre_portal.iam.vault.access import access_token
from vre_portal.services import Service

logger = logging.getLogger(__name__)
JUST_NOW = timedelta(minutes=1)


def another_token(user: User, service: Service, *, purpose: str) -> str:
    """A new token where the service does not take the one that it was given; the same one where that was given just now.

    A token can end before its time: keys change, and an IAM may take it back. Raises as `access_token` does.
    """
    given_before = Token.objects.filter(
        user=user, service=f"{service.kind}/{service.name}", retired_at=None, renewed_at__lt=timezone.now() - JUST_NOW
    )
    given_before.update(fresh_until=token_rows.LONG_AGO)
    return access_token(user, service, purpose=purpose)


def require_sign_in(user: User) -> None:
    """Raise SignInAgain where no token can be made for the person; nothing is asked. A person who never signed in through an IAM needs none."""
    if user.groups_seen_at is not None and token_rows.live(user, token_rows.SIGN_IN) is None:
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
