"""Notes which sessions there are and when each was last used, every few minutes and with no write to the session itself."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from vre_portal import limits
from vre_portal.iam.devices import device
from vre_portal.iam.models import User, UserSession

NOTE_SECONDS = 120  # how exact "last seen" is
SIGNED_IN_AT = "signed_in_at"  # in the session, seconds since 1970
SIGNED_IN_BY = "signed_in_by"  # in the session, the issuer


@receiver(user_logged_in)
def remember(request: HttpRequest, user: User, **_: Any) -> None:
    """When and by which IAM the session began: in the session itself, and in the list of sessions from the first moment."""
    request.session[SIGNED_IN_AT], request.session[SIGNED_IN_BY] = time.time(), user.issuer
    if request.session.session_key:
        note(request, user, request.session.session_key)


def signed_in_at(request: HttpRequest) -> float:
    """When this session began at an IAM; long ago where that is not known."""
    found = request.session.get(SIGNED_IN_AT)
    return float(found) if isinstance(found, int | float) else 0.0


def is_recent(request: HttpRequest, seconds: float) -> bool:
    """Whether the person signed in that lately, for acts that a session left open must not do."""
    return time.time() - signed_in_at(request) < seconds


class Presence:
    """Middleware: one small write per session, process and NOTE_SECONDS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.noted: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Looking at the user here, on pages that did not, would cost them two queries and their public caching.
        user = getattr(request, "_cached_user", None)
        key = request.session.session_key
        if isinstance(user, User) and key and self.is_due(key):
            note(request, user, key)
        return response

    def is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self.noted.get(key, float("-inf")) < NOTE_SECONDS:
            return False
        self.noted = {known: when for known, when in self.noted.items() if now - when < NOTE_SECONDS} | {key: now}
        return True


def note(request: HttpRequest, user: User, key: str) -> None:
    """Write down that this session was used now; one that was ended meanwhile stays ended."""
    now = timezone.now()
    address = limits.client_address(request)
    facts: dict[str, Any] = {"address": None if address == "unknown" else address, "last_seen_at": now}
    if UserSession.objects.filter(session_id=key).update(**facts):
        return
    began = datetime.fromtimestamp(signed_in_at(request), UTC) if signed_in_at(request) else now
    facts |= {
        "user": user,
        "issuer": request.session.get(SIGNED_IN_BY, user.issuer),
        "device": device(request.headers.get("User-Agent", "")),
        "signed_in_at": began,
    }
    try:
        with transaction.atomic():
            UserSession.objects.get_or_create(session_id=key, defaults=facts)
    except IntegrityError:
        return


middleware = Presence
