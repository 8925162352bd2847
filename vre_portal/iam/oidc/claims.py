"""What an IAM tells, made into values that can be kept: each function takes whatever came and says what it is good for."""

import math
import re

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.services import Service
from vre_portal.text import is_storable, plain

LONGEST = 255
BIGGEST = 2.0**53
NUMBER = re.compile(r"\s*-?[0-9]{1,18}(\.[0-9]{1,9})?\s*", re.ASCII)


class NotGenuine(RemoteRefused):
    """A token or an answer that fails a check; text and code name the check, never the token."""


def number(claim: object) -> float | None:
    """The number that a claim holds, also where it is spelled as text; None for anything else, and for what no clock counts."""
    if isinstance(claim, str) and NUMBER.fullmatch(claim):
        claim = float(claim)
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    return float(claim) if abs(claim) <= BIGGEST and math.isfinite(claim) else None


def text(claim: object) -> str:
    """A claim that is a text of a length that can be kept, to the character; or nothing."""
    return claim if isinstance(claim, str) and len(claim) <= LONGEST and is_storable(claim) else ""


def line(claim: object, longest: int) -> str:
    """A text to be shown, in one line and cut; nothing where the claim is no text."""
    return plain(" ".join(claim.split()))[:longest] if isinstance(claim, str) else ""


def subject(iam: Service, claim: object) -> str:
    """Who somebody is at an IAM: 1 to 255 printable ASCII characters (OpenID Connect Core, 2), or raises NotGenuine.

    An empty one would be an account that all such people share.
    """
    if isinstance(claim, str) and 0 < len(claim) <= LONGEST and claim.isascii() and claim.isprintable() and claim.strip():
        return claim
    raise NotGenuine(
        _(
            "%(iam)s did not identify you in a usable form: the subject (sub) must have 1 to %(limit)s ASCII characters. "
            "Contact the administrators of the IAM."
        )
        % {"iam": iam.title, "limit": LONGEST},
        service=iam,
        code="sub",
    )
