"""A person's sessions: list and end."""

import logging

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vre_portal.audit import record
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User, UserSession
from vre_portal.tables import listing

logger = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """All sessions of the person, this one marked; a POST ends one of the others, or all of them."""
    user = current_user(request)
    if request.method == "POST":
        end(request, user)
        return redirect("iam:sessions")
    found, here = UserSession.objects.live(user), request.session.session_key
    if made := listing(request, [as_json(item, here) for item in found], following=None, filename="my-sessions"):
        return made
    rules = {"idle": in_words(settings.SESSION_IDLE_SECONDS), "whole": in_words(settings.SESSION_SECONDS), "most": settings.MAX_SESSIONS}
    return render(request, "iam/sessions.html", {"sessions": found, "here": here, **rules})


def in_words(seconds: int) -> str:
    """A setting in words, such as "8 hours"."""
    if seconds % 86400 == 0:
        return ngettext("%(count)s day", "%(count)s days", seconds // 86400) % {"count": seconds // 86400}
    if seconds % 3600 == 0:
        return ngettext("%(count)s hour", "%(count)s hours", seconds // 3600) % {"count": seconds // 3600}
    if seconds % 60 == 0:
        return ngettext("%(count)s minute", "%(count)s minutes", seconds // 60) % {"count": seconds // 60}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}


def count_ended(ended: int) -> str:
    """How many sessions were ended, in a sentence."""
    if not ended:
        return _("No sessions to end.")
    return ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended) % {"count": ended}


def end(request: HttpRequest, user: User) -> None:
    """End what the form names; this very session is ended by signing out."""
    others = UserSession.objects.live(user).exclude(session_id=request.session.session_key)
    wanted = request.POST.get("end", "")
    ended = (others if wanted == "others" else others.called(wanted)).end()
    logger.info("user %s ended %d sessions", user.pk, ended)
    if ended:
        record("session.end", by=user, count=ended)
    messages.success(request, count_ended(ended))


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
