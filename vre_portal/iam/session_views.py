"""Where one is signed in, and ending that from here."""

import logging

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vre_portal.audit import record
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sign_in import person
from vre_portal.tables import listing

logger = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """All sessions of the person, this one marked; a POST ends one of the others, or all of them."""
    user = person(request)
    if request.method == "POST":
        end(request, user)
        return redirect("iam:sessions")
    found, here = UserSession.objects.live(user), request.session.session_key
    if made := listing(request, [as_json(item, here) for item in found], following=None, filename="my-sessions"):
        return made
    rules = {"idle": in_words(settings.SESSION_IDLE_SECONDS), "whole": in_words(settings.SESSION_SECONDS), "most": settings.MAX_SESSIONS}
    return render(request, "iam/sessions.html", {"sessions": found, "here": here, **rules})


def in_words(seconds: int) -> str:
    """A setting as people say it, such as "8 hours"."""
    unit, word = next((unit, word) for unit, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")) if seconds % unit == 0)
    return f"{seconds // unit} {word}{'' if seconds == unit else 's'}"


def end(request: HttpRequest, user: User) -> None:
    """End what the form names; this very session is ended by signing out."""
    others = UserSession.objects.live(user).exclude(session_id=request.session.session_key)
    wanted = request.POST.get("end", "")
    ended = (others if wanted == "others" else others.called(wanted)).end()
    logger.info("user %s ended %d sessions", user.pk, ended)
    if ended:
        record("session.end", by=user, count=ended)
    messages.success(request, f"{ended} {'session' if ended == 1 else 'sessions'} ended." if ended else "There was nothing to end.")


def as_json(item: UserSession, here: str | None) -> dict[str, object]:
    return {
        "handle": item.handle,
        "device": item.device,
        "address": item.address,
        "issuer": item.issuer,
        "signed_in_at": item.signed_in_at,
        "last_seen_at": item.last_seen_at,
        "ends_at": item.ends_at,
        "ends_at_latest": item.ends_at_latest,
        "this": item.session_id == here,
    }
