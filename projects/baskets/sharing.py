"""Links by which others read a basket, each as far as they may see what is in it."""

import base64
import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from projects.baskets.models import Basket, BasketShare
from projects.baskets.services import BasketRefused
from vre_portal.audit import record
from vre_portal.iam.models import User

MAX_LINKS = 20  # of one basket that work


@transaction.atomic
def share(basket: Basket, *, by: User, days: int | None, key: uuid.UUID | None = None) -> str:
    """Make a link that works for so many days, or until it is revoked; its address, told this once. Raises BasketRefused.

    A form that is sent twice gets one link: its key and the portal's own make the secret.
    """
    found = Basket.objects.select_for_update(of=("self",), no_key=True).filter(pk=basket.pk, deleted_at=None).first()
    if found is None:
        raise BasketRefused(_("This basket was deleted in another window. Nothing was shared."))
    secret = secret_of(found, key, by=by) if key else secrets.token_urlsafe(32)
    address = f"{settings.PORTAL_URL}{reverse('baskets:shared', args=[secret])}"
    before = BasketShare.objects.filter(secret_digest=BasketShare.digest(secret))
    if before.exists():
        if before.working().exists():
            return address
        raise BasketRefused(_("This link was revoked. Make a new one."))
    if BasketShare.objects.working().filter(basket=found).count() >= MAX_LINKS:
        raise BasketRefused(_("This basket has %(limit)s links, which is the limit. Revoke one first.") % {"limit": MAX_LINKS})
    expires_at = timezone.now() + timedelta(days=days) if days else None
    made = BasketShare.objects.create(basket=found, secret_digest=BasketShare.digest(secret), expires_at=expires_at)
    record("basket.shared", by=by, subject=f"basket/{found.pk}", link=made.pk)
    return address


def secret_of(basket: Basket, key: uuid.UUID, *, by: User) -> str:
    """256 bits that nobody else can find, and the same for the same form."""
    found = salted_hmac("projects.baskets.sharing", f"{by.pk}/{basket.pk}/{key}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


@transaction.atomic
def revoke(basket: Basket, pk: int, *, by: User) -> bool:
    """The link works no longer; False where it did not before."""
    changed = BasketShare.objects.filter(basket=basket, pk=pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record("basket.unshared", by=by, subject=f"basket/{basket.pk}", link=pk)
    return bool(changed)


def shared_basket(secret: str) -> Basket | None:
    """The basket of a link; None where it was revoked or has expired, or where there is no such link."""
    found = BasketShare.objects.working().filter(secret_digest=BasketShare.digest(secret)).select_related("basket__owner").first()
    return found.basket if found else None
