"""What goes when sessions end: with a person's last one the tokens that the portal holds for them."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_delete
from django.dispatch import Signal, receiver
from django.utils import timezone

from vre_portal.iam import vault
from vre_portal.iam.models import Token, User, UserSession
from vre_portal.iam.tasks import revoke_soon

SIGNING_IN = timedelta(minutes=10)  # longer than a sign-in takes from its tokens to its session
# Sent with `user` in the transaction that ends the last session: what they have elsewhere by way of this portal is to end, too.
last_session_ended = Signal()


@receiver(post_delete, sender=UserSession)
def retire_with_the_last(instance: UserSession, **_: Any) -> None:
    """Whatever ends a session comes by here: signing out, its time, staff, an IAM, another person at the same browser."""
    retire_unless_signed_in(instance.user_id)


@transaction.atomic
def retire_unless_signed_in(user_id: int, *, issuer: str = "") -> bool:
    """Put a person's tokens out of use where they have no session left; with an issuer, its tokens where none is left that began there.

    The person's row is locked: of two browsers that sign out at once the second sees that it was the last, and a sign-in, whose tokens
    come after its session, either is seen here or keeps its tokens after this.
    """
    user = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if user is None:
        return False
    sessions = UserSession.objects.live(user)
    if (sessions.filter(issuer=issuer) if issuer else sessions).exists():
        return False
    revoke_soon(vault.retire(user, issuer=issuer))
    if not issuer:
        last_session_ended.send(User, user=user)
    return True


def left_behind() -> list[int]:
    """People with a sign-in in the vault and no session: a process died between the two, or the session was ended past Django."""
    live = UserSession.objects.filter(user=OuterRef("user"), session__expire_date__gt=timezone.now())
    tokens = Token.objects.filter(service=vault.SIGN_IN, retired_at=None, renewed_at__lt=timezone.now() - SIGNING_IN)
    return list(tokens.exclude(Exists(live)).values_list("user", flat=True)[:200])
