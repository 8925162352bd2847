"""Notes which sessions there are and when each was last used, every few minutes and with no write to what a session holds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.signals import user_logged_in as came_by_iam
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from vre_portal import audit, limits
from vre_portal.iam import vault
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.oidc.signatures import CLOCK_SECONDS
from vre_portal.iam.sessions.devices import device
from vre_portal.iam.sessions.session_store import SIGNED_IN_AT
from vre_portal.iam.tasks import revoke_soon

TOUCH_SECONDS = 120  # how exact "last seen" is
SIGNED_IN_BY = "signed_in_by"  # in the session, the issuer
PROVEN_AT = "proven_at"  # in the session, when the IAM last asked who it is, where it tells
ACR = "acr"  # in the session, in which way


@receiver(user_logged_in)
def start_session(request: HttpRequest, user: User, **_: Any) -> None:
    """When and by which IAM the session began: in the session itself, and in the list of sessions from the first moment."""
    request.session[SIGNED_IN_AT], request.session[SIGNED_IN_BY] = time.time(), user.issuer
    for proof in (PROVEN_AT, ACR):  # what another IAM said at a sign-in before is no proof of this one
        request.session.pop(proof, None)
    if not request.session.session_key:  # somebody else was here before: their session is gone, and this one has no row yet
        request.session.create()
    key = str(request.session.session_key)
    touch_session(request, user, key)
    UserSession.objects.filter(session_id=key).update(issuer=user.issuer, signed_in_at=timezone.now())  # it may have begun before


@receiver(came_by_iam)
def store_sign_in(request: HttpRequest, user: User, sociallogin: Any, **_: Any) -> None:
    """What the IAM told of this sign-in: by it pages that need a recent one are opened, and the IAM may end the session.

    Its tokens are kept here and not before: while the session is not there yet, the end of the person's last other one takes them away.
    """
    revoke_soon(vault.store_sign_in(user, sociallogin.tokens))
    proven, now = sociallogin.proven, time.time()
    # A time that lies ahead by more than clocks differ is no proof of anything.
    if proven.authenticated_at is not None and proven.authenticated_at <= now + CLOCK_SECONDS:
        request.session[PROVEN_AT], request.session[ACR] = min(proven.authenticated_at, now), proven.acr
    UserSession.objects.filter(session_id=request.session.session_key).update(sid=proven.sid)
    end_oldest_sessions(user)


def end_oldest_sessions(user: User) -> None:
    """End the oldest sessions of somebody who has more than are allowed."""
    if not settings.MAX_SESSIONS:
        return
    too_many = UserSession.objects.live(user).order_by("-signed_in_at", "-pk").values_list("pk", flat=True)[settings.MAX_SESSIONS :]
    if ended := UserSession.objects.filter(pk__in=list(too_many)).end():
        audit.record("session.end", by=user, count=ended, why="more than allowed")


def signed_in_at(request: HttpRequest) -> float:
    """When this session began; long ago where that is not known."""
    return number(request.session.get(SIGNED_IN_AT))


def is_recent(request: HttpRequest, seconds: float) -> bool:
    """Whether the IAM asked the person that lately who they are, for acts that a session left open must not do."""
    return time.time() - number(request.session.get(PROVEN_AT)) < seconds


def number(found: object) -> float:
    return float(found) if isinstance(found, int | float) else 0.0


class SessionTracking:
    """Middleware: one small write per session, process and NOTE_SECONDS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.noted: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Looking at the user here, on pages that did not, would cost them two queries and their public caching.
        user = getattr(request, "_cached_user", None)
        key = request.session.session_key
        if isinstance(user, User) and key and not is_by_itself(request) and self.is_due(key):
            touch_session(request, user, key)
        return response

    def is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self.noted.get(key, float("-inf")) < TOUCH_SECONDS:
            return False
        self.noted = {known: when for known, when in self.noted.items() if now - when < TOUCH_SECONDS} | {key: now}
        return True


def is_by_itself(request: HttpRequest) -> bool:
    """Whether an open page asks, as the one with a running workflow does all night: nobody need be there."""
    fragment, stream = request.headers.get("HX-Request") == "true", "text/event-stream" in request.headers.get("Accept", "")
    return request.method == "GET" and (fragment or stream)


def touch_session(request: HttpRequest, user: User, key: str) -> None:
    """Write down that this session was used now, and move its end; one that was ended meanwhile stays ended."""
    now = timezone.now()
    address = limits.client_address(request)
    facts: dict[str, Any] = {"address": None if address == "unknown" else address, "last_seen_at": now}
    began = datetime.fromtimestamp(signed_in_at(request), UTC) if signed_in_at(request) else now
    if UserSession.objects.filter(session_id=key).update(**facts):
        ends = min(now + timedelta(seconds=settings.SESSION_IDLE_SECONDS), began + timedelta(seconds=settings.SESSION_SECONDS))
        Session.objects.filter(pk=key).update(expire_date=ends)
        return
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


middleware = SessionTracking
