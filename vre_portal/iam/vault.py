"""Access tokens of people, one per service; nobody else may hold one."""

from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service


class SignInAgain(RemoteRefused):
    """The IAM gives no new token for this person: they have to sign in again."""


def access_token(user: User, service: Service, *, purpose: str) -> str:
    """A token of `user` for `service`, good for at least a minute; raises SignInAgain."""
    raise SignInAgain("Please sign in again.", service=service)
