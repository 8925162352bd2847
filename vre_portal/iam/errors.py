"""What the portal raises where a person's sign-in is over."""

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.services import Service

SIGN_IN_OVER_CODES = frozenset({"invalid_grant", "invalid_token"})  # what an IAM answers when a sign-in is over


class SignInAgain(RemoteRefused):
    """The IAM gives no new token for this person: they have to sign in again."""


def sign_in_again(service: Service | None = None) -> SignInAgain:
    """The error, with a message for the person."""
    return SignInAgain(_("Your sign-in has expired. Please sign in again."), service=service)
