"""Where one is signed in, and ending that from here."""

import logging
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vre_portal.audit import record
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sign_in import person

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
    if request.GET.get("format") == "json":
        return JsonResponse({"sessions": [as_json(item, here) for item in found]})
    return render(request, "iam/sessions.html", {"sessions": found, "here": here})


def end(request: HttpRequest, user: User) -> None:
    """End what the form names; this very session is ended by signing out."""
    others = UserSession.objects.live(user).exclude(session_id=request.session.session_key)
    wanted = request.POST.get("end", "")
    if wanted != "others":
        others = others.filter(handle=wanted) if is_handle(wanted) else others.none()
    ended = others.end()
    logger.info("user %s ended %d sessions", user.pk, ended)
    if ended:
        record("session.end", by=user, count=ended)
    messages.success(request, f"{ended} {'session' if ended == 1 else 'sessions'} ended." if ended else "There was nothing to end.")


def is_handle(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def as_json(item: UserSession, here: str | None) -> dict[str, object]:
    return {
        "handle": item.handle,
        "device": item.device,
        "address": item.address,
        "issuer": item.issuer,
        "signed_in_at": item.signed_in_at,
        "last_seen_at": item.last_seen_at,
        "this": item.session_id == here,
    }
