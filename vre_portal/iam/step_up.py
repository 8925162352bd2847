"""Whether somebody proved just now, at the IAM, who they are: what is asked for that, and whether the answer says so."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from vre_portal.iam import presence
from vre_portal.iam.people import Proven
from vre_portal.iam.signatures import CLOCK_IS_WRONG, CLOCK_SECONDS, NotGenuine
from vre_portal.services import Service, ServiceKind, services

RECENT_SECONDS = 15 * 60  # how lately one must have proven it, where a session left open on a desk must not do


def address(back: str) -> str:
    """The page that asks people to prove it, and leads back."""
    return f"{reverse('account_login')}?{urlencode({'next': back, 'fresh': '1'})}"


def is_recent(request: HttpRequest) -> bool:
    return presence.is_recent(request, RECENT_SECONDS)


def staff_acr(iam: Service | None) -> list[str]:
    """The ways of signing in that this IAM's staff must use one of; none where any will do."""
    wanted = iam.options.get("staff_acr", []) if iam else []
    return [wanted] if isinstance(wanted, str) else [str(item) for item in wanted]


def is_recent_for_staff(request: HttpRequest) -> bool:
    """Recent, and in one of the ways that are wanted of staff."""
    issuer = request.session.get(presence.SIGNED_IN_BY)
    wanted = staff_acr(next((iam for iam in services(ServiceKind.IAM) if iam.url == issuer), None))
    return is_recent(request) and (not wanted or request.session.get(presence.ACR) in wanted)


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
        raise NotGenuine(NOT_TOLD.format(iam=iam.title), service=iam, code="auth_time missing")
    if proven.authenticated_at > time.time() + CLOCK_SECONDS:
        raise NotGenuine(CLOCK_IS_WRONG.format(iam=iam.title), service=iam, code="time")
    if proven.authenticated_at < since - CLOCK_SECONDS:
        raise NotGenuine(NOT_ASKED.format(iam=iam.title), service=iam, code="auth_time")
    if wanted and proven.acr not in wanted:
        raise NotGenuine(OTHER_WAY.format(iam=iam.title), service=iam, code="acr")


NOT_TOLD = (
    "{iam} did not say when you last signed in there, so this portal cannot know that it was just now. "
    "That is a matter between the two: please tell the people who run this portal."
)
NOT_ASKED = "{iam} let you through without asking you to sign in again. Sign out there, then try once more."
OTHER_WAY = "{iam} signed you in, but not in the way that staff must use here, such as with a second factor. Choose that way there."
