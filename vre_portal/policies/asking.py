"""Nothing is done in somebody's name before they accepted the policies; reading, their own account and leaving stay open."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.sign_in.redirects import way_back
from vre_portal.policies import services, texts

OPEN = ("iam", "stored", "personal_tokens", "policies")  # applications: one's own account, and the policies themselves
ROUTES = ("account_login", "account_logout", "signed_out", "openid_connect_callback", "sign_in_failed", "theme", "banners:dismiss")
ACCEPTED = "policies_accepted"  # in the session, so that a page costs no query for it


def versions() -> str:
    """The versions that are asked for now, as one text."""
    return " ".join(f"{item.name}={item.version}" for item in texts.policies())


class PoliciesFirst(RemoteRefused):
    """A service would have to be asked in the name of somebody who has not accepted the policies."""


class Asking:
    """Middleware: leads to the page where policies are accepted, and from there back.

    An open view that asks services in a person's name says so by `in_a_persons_name`. Where it can do without (`reads_for_everybody`), it is
    let through and calls `require_policies_accepted` before it would ask in that name; others are led away from.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        match, user = request.resolver_match, request.user
        if not settings.POLICIES_REQUIRED or not isinstance(user, User) or match is None:
            return None
        if match.app_name in OPEN or match.view_name in ROUTES:
            return None
        is_open = request.method in ("GET", "HEAD", "OPTIONS") and not getattr(view, "login_required", True)
        if is_open and not getattr(view, "in_a_persons_name", False):
            return None
        if self.has_accepted(request, user):
            return None
        if is_open and getattr(view, "reads_for_everybody", False):
            request.policies_outstanding = True  # type: ignore[attr-defined]
            return None
        return redirect_to_policies(request)

    def has_accepted(self, request: HttpRequest, user: User) -> bool:
        now = versions()
        if request.session.get(ACCEPTED) == now:
            return True
        if services.outstanding(user):
            return False
        request.session[ACCEPTED] = now
        return True


def require_policies_accepted(request: HttpRequest) -> None:
    """Raise PoliciesFirst where nothing may be done in the name of who signed in."""
    if getattr(request, "policies_outstanding", False):
        raise PoliciesFirst(_("You have not accepted the policies yet."), status=403, code="PoliciesFirst")


def redirect_to_policies(request: HttpRequest) -> HttpResponse:
    """To the policies, in the way that a page, a fragment or a program understands."""
    address = f"{reverse('policies:accept')}?{urlencode({'next': way_back(request)})}"
    if request.GET.get("format") == "json":
        return JsonResponse({"error": _("Accept the policies first."), "accept": address}, status=403)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


middleware = Asking
