"""Signing out of the portal, then of the sites beside it, then of the IAM: the browser passes by each and comes back."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vre_portal.audit import record
from vre_portal.http import RemoteError
from vre_portal.iam.issuers import iam_of
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.oidc.discovery import discover
from vre_portal.iam.sessions import sign_out as leaving
from vre_portal.services import Service

STOPS = "sign_out_stops"  # in the session of nobody: addresses that the browser still has to pass by
SHOWN = 10  # things of a kind that the page names


@login_not_required
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends this session, or all of the person's. Where something would wait or would continue, a page says so first."""
    user = request.user
    if not isinstance(user, User):
        return redirect(settings.LOGOUT_REDIRECT_URL)
    others = UserSession.objects.live(user).exclude(session_id=request.session.session_key).count()
    everywhere = request.POST.get("where") == "everywhere"
    if "confirmed" not in request.POST:
        waiting, servers = leaving.waiting(user), leaving.servers(user)
        if servers or (waiting and (everywhere or not others)):
            context = {"waiting": waiting[:SHOWN], "more": waiting[SHOWN:], "servers": servers, "others": others, "everywhere": everywhere}
            return render(request, "iam/sign_out.html", context)
    return leave(request, user, everywhere=everywhere)


def leave(request: HttpRequest, user: User, *, everywhere: bool) -> HttpResponse:
    """End what the form says, and send the browser on its way by the other sites."""
    if request.POST.get("servers") == "stop":
        leaving.stop_servers(user)
    if everywhere:
        UserSession.objects.live(user).exclude(session_id=request.session.session_key).end()
    record("sign-out", by=user, where="everywhere" if everywhere else "here")
    departures = leaving.departures(user)
    iam, end_session = end_session_address(request, user)
    logout(request)
    stops = [item.address for item in departures if item.address] + ([end_session] if end_session else [])
    words = [item.words for item in departures if item.words]
    if iam and not end_session:
        words.append(
            _("The portal cannot sign you out of %(iam)s. On a shared computer, also sign out at %(address)s.")
            % {"iam": iam.title, "address": iam.url}
        )
    done = _("You are signed out everywhere.") if everywhere else _("You are signed out in this browser.")
    messages.info(request, " ".join([done, *words]))
    request.session[STOPS] = stops
    return onward(request)


@login_not_required
@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Where the browser comes back to from another site that it was signed out of."""
    return onward(request)


def onward(request: HttpRequest) -> HttpResponse:
    """To the next site, or to the front page after the last."""
    first, *rest = request.session.pop(STOPS, None) or [""]
    if rest:
        request.session[STOPS] = rest
    return HttpResponseRedirect(first) if first else redirect(settings.LOGOUT_REDIRECT_URL)


def end_session_address(request: HttpRequest, user: User) -> tuple[Service | None, str]:
    """The IAM and its own sign-out with the way back; no identity token goes into an address, so the IAM may ask once more."""
    try:
        iam = iam_of(user)
    except RemoteError:
        return None, ""
    try:
        address = discover(iam).end_session
    except RemoteError:
        return iam, ""
    back = request.build_absolute_uri(resolve_url(settings.LOGOUT_REDIRECT_URL))
    query = urlencode({"client_id": iam.options["client_id"], "post_logout_redirect_uri": back})
    return iam, f"{address}?{query}" if address else ""
