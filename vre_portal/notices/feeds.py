"""The secret address under which feed readers get a person's notices: made, renewed and revoked by the person.

The secret opens the feeds and nothing else. It is made of the keys of the portal and a number of the row, so that its page can show it again;
the database holds its digest.
"""

import base64
import hashlib
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.notices.models import FeedAddress, Notice
from vre_portal.notices.visibility import VisibleNotices, with_confirmed_groups

ENTRIES = 50
MAX_SECRET = 64  # characters


class FeedReader(NamedTuple):
    """The person whom a secret belongs to, as far as the portal knows at this moment what they may see."""

    user: User
    without_groups: bool  # their groups were not confirmed for long, and count no more


def address_of(user: User) -> FeedAddress | None:
    """The person's address, where there is one."""
    return FeedAddress.objects.filter(user=user).first()


def secret_of(address: FeedAddress) -> str:
    """The secret; empty where the keys of the portal have changed since, so that only who has it knows it."""
    secret = _secret(address.user_id, address.nonce)
    return secret if _digest(secret) == address.secret_digest else ""


@transaction.atomic
def renew(*, by: User, seen: str) -> FeedAddress:
    """A new address; the one that there was works no longer. A form that was made for another address than the present one changes nothing."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    present = address_of(by)
    if present is not None and str(present.nonce) != seen:
        return present
    nonce = uuid.uuid4()
    facts = {"nonce": nonce, "secret_digest": _digest(_secret(by.pk, nonce)), "created_at": timezone.now()}
    address, is_new = FeedAddress.objects.update_or_create(user=by, defaults=facts)
    record("notices.feed.create" if is_new else "notices.feed.renew", by=by, subject=f"person/{by.handle}")
    return address


@transaction.atomic
def revoke(*, by: User) -> bool:
    """The address works no longer; True where there was one."""
    was_there = bool(FeedAddress.objects.filter(user=by).delete()[0])
    if was_there:
        record("notices.feed.revoke", by=by, subject=f"person/{by.handle}")
    return was_there


def reader_of(secret: str) -> FeedReader | None:
    """Whose secret it is; None for a wrong one, a revoked one, and that of somebody who may no longer use the portal.

    Nobody signs in here, so that nobody asks the IAM for the groups: those that it has not confirmed for NOTICE_FEED_GROUP_DAYS do not count.
    """
    if len(secret) > MAX_SECRET:
        return None
    found = FeedAddress.objects.select_related("user").filter(secret_digest=_digest(secret), user__is_active=True).first()
    if found is None:
        return None
    user = with_confirmed_groups(found.user)
    return FeedReader(user, without_groups=user is not found.user)


def notices_of(reader: FeedReader) -> Sequence[Notice]:
    """The newest notices that the person may know of now."""
    return list(VisibleNotices.of(reader.user).all().select_related("event")[:ENTRIES])


def _secret(person: int, nonce: uuid.UUID) -> str:
    made = salted_hmac("notices.feed", f"{person}/{nonce}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
