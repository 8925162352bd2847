"""Signing in: the page of the IAMs, the way back from one, and why it failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.audit import record
from vre_portal.http import RemoteError
from vre_portal.iam.oidc.discovery import ask_anew
from vre_portal.iam.sessions.session_tracking import SIGNED_IN_BY
from vre_portal.iam.sign_in.adapter import FAILURE, IamLogin, SocialAdapter
from vre_portal.iam.sign_in.redirects import next_path
from vre_portal.limits import SIGN_IN, SIGN_IN_CALLBACK, rate_limited
from vre_portal.pages.forms import from_own_page
from vre_portal.services import Service, ServiceKind, services


@login_not_required
@from_own_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(SIGN_IN)
def login(request: HttpRequest) -> HttpResponse:
    """A page with one button for each IAM; the button's POST leads straight to it."""
    fresh = "fresh" in (request.POST if request.method == "POST" else request.GET)
    iams = iams_for(request, fresh=fresh)
    wanted = next_path(request)
    if request.method == "POST":
        name = request.POST.get("iam") or (iams[0].name if len(iams) == 1 else "")
        if chosen := next((iam for iam in iams if iam.name == name), None):
            with recorded(chosen.name):
                ask_anew(chosen)
            provider, target = SocialAdapter(request).get_provider(request, name), wanted or reverse("iam:welcome")
            if fresh:
                return provider.again(request, "login", target, staff=getattr(request.user, "is_staff", False))
            response: HttpResponse = provider.redirect(request, "login", next_url=target)
            return response
    context = {"iams": iams, "next": wanted, "back": wanted or "/", "again": "again" in request.GET, "fresh": fresh}
    return render(request, "iam/login.html", context)


@contextmanager
def recorded(name: str) -> Iterator[None]:
    """A sign-in that an IAM's answer ended without a verdict is in the record, too."""
    try:
        yield
    except RemoteError as error:
        record("sign-in", by=None, subject=f"iam/{name}", outcome="failed", check=str(error))
        raise


def iams_for(request: HttpRequest, *, fresh: bool) -> tuple[Service, ...]:
    """Those to choose from; who has to prove that it is still them does so where they came from."""
    found = services(ServiceKind.IAM)
    own = tuple(iam for iam in found if fresh and iam.url == request.session.get(SIGNED_IN_BY))
    return own or found


@login_not_required
@never_cache
@rate_limited(SIGN_IN_CALLBACK)
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where an IAM sends the browser back to."""
    try:
        with recorded(provider_id):
            response: HttpResponse = OAuth2CallbackView.adapter_view(IamLogin(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return response


@login_not_required
@never_cache
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Why nobody was signed in, shown once."""
    why = request.session.pop(FAILURE, None)
    if why is None:
        return redirect("account_login")
    return render(request, "iam/sign_in_failed.html", {**why, "back": "/"}, status=403)
