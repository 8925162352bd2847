"""What is asked of the vault before work is accepted that needs a token later."""

import logging

from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import sign_in_again
from vre_portal.iam.models import User
from vre_portal.iam.vault import token_rows
from vre_portal.iam.vault.access import access_token
from vre_portal.services import Service

logger = logging.getLogger(__name__)


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
