"""Whether somebody proved just now, at the IAM, who they are: what is asked for that, and whether the answer says so."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from vre_portal.iam.oidc.signatures import CLOCK_IS_WRONG, CLOCK_SECONDS, NotGenuine
from vre_portal.iam.people import Proven
from vre_portal.iam.sessions import session_tracking
from vre_portal.services import Service, ServiceKind, services

RECENT_SECONDS = 15 * 60  # how lately one must have proven it, where a session left open on a desk must not do


def address(back: str) -> str:
    """The page that asks people to prove it, and leads back."""
    return f"{reverse('account_login')}?{urlencode({'next': back, 'fresh': '1'})}"


def is_recent(request: HttpRequest) -> bool:
    return session_tracking.is_recent(request, RECENT_SECONDS)


def staff_acr(iam: Service | None) -> list[str]:
    """The ways of signing in that this IAM's staff must use one of; none where any will do."""
    wanted = iam.options.get("staff_acr", []) if iam else []
    return [wanted] if isinstance(wanted, str) else [str(item) for item in wanted]


def is_recent_for_staff(request: HttpRequest) -> bool:
    """Recent, and in one of the ways that are wanted of staff."""
    issuer = request.session.get(session_tracking.SIGNED_IN_BY)
    wanted = staff_acr(next((iam for iam in services(ServiceKind.IAM) if iam.url == issuer), None))
    return is_recent(request) and (not wanted or request.session.get(session_tracking.ACR) in wanted)


def asking(iam: Service, *, staff: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """More for the authorization request, and what to remember until the answer is there.

    `max_age` obliges the IAM to tell when it last asked the person; `prompt` makes that now.
    """
    params = dict(iam.options.get("auth_params", {}))
    wanted = staff_acr(iam) if staff else []
    words = [word for word in str(params.get("prompt", "")).split() if word not in ("login", "none")]
    params |= {"prompt": " ".join(["login", *words]), "max_age": str(RECENT_SECONDS)}
    if wanted:
        params["acr_values"] = " ".join(wanted)
    return params, {"since": time.time(), "acr": wanted}


def check(iam: Service, proven: Proven, asked: Mapping[str, Any]) -> None:
    """Whether the answer proves what was asked; raises NotGenuine, and asks nothing of an ordinary sign-in."""
    since, wanted = asked.get("since"), asked.get("acr") or []
    if since is None:
        return
    if proven.authenticated_at is None:
        raise NotGenuine(str(NOT_TOLD) % {"iam": iam.title}, service=iam, code="auth_time missing")
    if proven.authenticated_at > time.time() + CLOCK_SECONDS:
        raise NotGenuine(str(CLOCK_IS_WRONG) % {"iam": iam.title}, service=iam, code="time")
    if proven.authenticated_at < since - CLOCK_SECONDS:
        raise NotGenuine(str(NOT_ASKED) % {"iam": iam.title}, service=iam, code="auth_time")
    if wanted and proven.acr not in wanted:
        raise NotGenuine(str(OTHER_WAY) % {"iam": iam.title}, service=iam, code="acr")


NOT_TOLD = gettext_lazy(
    "%(iam)s did not say when you last signed in there, so this portal cannot confirm that it was just now. "
    "Contact the administrators of the portal."
)
NOT_ASKED = gettext_lazy("%(iam)s did not ask you to sign in again. Sign out there, then try again.")
OTHER_WAY = gettext_lazy(
    "%(iam)s signed you in, but not with the method required of administrators, such as a second factor. Choose that method there."
)
