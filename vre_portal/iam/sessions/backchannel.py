"""OpenID Connect Back-Channel Logout 1.0: an IAM says that somebody's session there is over, so it is over here too."""

import logging
import time
from datetime import timedelta
from typing import Any

import jwt
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vre_portal.audit import record
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import Identity, UsedLogout, UserSession
from vre_portal.iam.oidc import claims, signatures
from vre_portal.iam.oidc.signatures import CLOCK_SECONDS, NotGenuine
from vre_portal.iam.sessions import session_end
from vre_portal.limits import LOGOUT, rate_limited
from vre_portal.services import Service, ServiceKind, UnknownService, service

logger = logging.getLogger(__name__)
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"  # of the token's header; the standard only recommends it
TYPES = ("", "jwt", TYPE)  # an access token says that it is one
NEEDED = ("iss", "aud", "iat", "exp", "jti", "events")
LIFE_SECONDS = 300  # how old a logout token may be, before the leeway; the standard advises two minutes
REMEMBER = timedelta(seconds=2 * (LIFE_SECONDS + CLOCK_SECONDS))  # longer than any of them is taken


@csrf_exempt  # the IAM has no form of ours; the signature is what counts
@login_not_required
@never_cache
@require_POST
@rate_limited(LOGOUT)
def logout(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The IAM's call: 200 when it counted, else 400 with the reason, as the standard wants it."""
    try:
        iam = service(ServiceKind.IAM, provider_id)
    except UnknownService:
        raise Http404 from None
    try:
        ended = end(iam, genuine(iam, request.POST.get("logout_token", "")))
    except RemoteUnavailable:
        return JsonResponse({"error": "temporarily_unavailable"}, status=503, headers={"Retry-After": "30"})
    except RemoteRefused as refused:
        logger.warning("a logout by %s was refused: %s", iam.name, refused.code)
        record("session.end", by=None, subject=f"iam/{iam.name}", outcome="refused", check=refused.code)
        return JsonResponse({"error": "invalid_request", "error_description": str(refused)}, status=400)
    logger.info("%s ended %d sessions", iam.name, ended)
    return HttpResponse()


def genuine(iam: Service, token: str) -> dict[str, Any]:
    """The claims of a logout token of this IAM for this portal; raises NotGenuine."""
    found = signatures.claims(iam, token, audience=str(iam.options["client_id"]), leeway=CLOCK_SECONDS, needed=NEEDED)
    events, types = found["events"], (TYPE,) if iam.options.get("logout_typed") else TYPES
    wrong = {
        "typ": str(jwt.get_unverified_header(token).get("typ", "")).lower() not in types,
        "nonce": "nonce" in found,
        "events": not isinstance(events, dict) or not isinstance(events.get(EVENT), dict),
        "sub and sid": not any(name in found for name in ("sub", "sid")),
        "sub": "sub" in found and not is_text(found["sub"]),
        "sid": "sid" in found and not is_text(found["sid"]),
        "jti": not is_text(found["jti"]),
        "time": time.time() - found["iat"] > LIFE_SECONDS + CLOCK_SECONDS,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise NotGenuine(_("The logout token is not valid: %(check)s.") % {"check": name}, service=iam, code=name)
    return found


def is_text(value: object) -> bool:
    return bool(claims.text(value))


@transaction.atomic
def end(iam: Service, told: dict[str, Any]) -> int:
    """End the sessions that the token means; how many. Raises NotGenuine for a token that was used before."""
    try:
        with transaction.atomic():
            UsedLogout.objects.create(issuer=iam.url, jti=told["jti"])
    except IntegrityError:
        raise NotGenuine(_("The logout token was used before."), service=iam, code="replay") from None
    found = UserSession.objects.filter(issuer=iam.url)
    if "sid" in told:
        # A session of which the IAM told no name may be the one; without a subject nobody can tell whose.
        found = found.filter(sid__in=[told["sid"], ""] if "sub" in told else [told["sid"]])
    if "sub" in told:
        found = found.filter(user__in=Identity.objects.filter(issuer=iam.url, subject=told["sub"]).values("user"))
    people = list({row.user for row in found.select_related("user")})
    ended = found.end()
    for user in people:
        record("session.end", by=None, subject=f"person/{user.handle}", iam=iam.name)
        session_end.retire_unless_signed_in(user.pk, issuer=iam.url)
    return ended
