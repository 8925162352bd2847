"""Links that turn off e-mail without a sign-in: signed, for one person and one kind of notices or all, valid for a year."""

import uuid
from dataclasses import dataclass

from django.core import signing

from vre_portal.iam.models import User

SALT = "vre_portal.notices.mail.unsubscribe"
VALID_SECONDS = 365 * 86400


class LinkExpired(Exception):
    """The link was signed here, too long ago."""


class LinkInvalid(Exception):
    """The link was not signed here, or was changed."""


@dataclass(frozen=True)
class Subscription:
    """What a link turns off: e-mail about one kind of notices, or all of it."""

    handle: uuid.UUID
    kind: str = ""


def make_token(user: User, kind: str) -> str:
    """The token for the link in a mail to this person; without a kind it is about all e-mail."""
    return signing.dumps([user.handle.hex, kind], salt=SALT, compress=True)


def read_token(token: str) -> Subscription:
    """Raises LinkExpired, LinkInvalid."""
    try:
        handle, kind = signing.loads(token, salt=SALT, max_age=VALID_SECONDS)
        return Subscription(uuid.UUID(handle), str(kind))
    except signing.SignatureExpired:
        raise LinkExpired from None
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise LinkInvalid from None
