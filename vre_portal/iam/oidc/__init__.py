"""What this portal asks of an IAM: tokens by code, refresh and exchange, who someone is, and to take tokens back."""

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, request
from vre_portal.iam.oidc import claims, refusal
from vre_portal.iam.oidc.claims import NotGenuine
from vre_portal.iam.oidc.discovery import discover
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SUBJECT_TYPE = "urn:ietf:params:oauth:token-type:access_token"
DEFAULT_SECONDS = 300  # where an answer does not say how long a token lives
MOST_SECONDS = 366 * 86400  # a token that would live longer is renewed by then all the same
TOKEN = re.compile(r"[!-~]{1,65536}")  # what a header can carry
LONGEST_SCOPE = 4000


def by_code(iam: Service, *, code: str, verifier: str, redirect: str) -> Tokens:
    """Tokens for the code that the browser brought."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    return _tokens(iam, form)


def by_refresh(iam: Service, refresh: str) -> Tokens:
    """New tokens for a refresh token; RemoteRefused with code `invalid_grant` when it is used up."""
    return _tokens(iam, {"grant_type": "refresh_token", "refresh_token": refresh})


def by_exchange(iam: Service, subject: str, *, audience: str, scope: str) -> Tokens:
    """A token for one audience in the name of the person whose access token `subject` is."""
    form = {"subject_token": subject, "subject_token_type": SUBJECT_TYPE, "audience": audience, "scope": scope}
    return _tokens(iam, {"grant_type": EXCHANGE, **form})


def by_client(iam: Service, *, audience: str, scope: str) -> Tokens:
    """A token in the name of the client itself, for one audience or, without one, for the IAM's own."""
    return _tokens(iam, {"grant_type": "client_credentials", "scope": scope, **({"audience": audience} if audience else {})})


def userinfo(iam: Service, access: str, *, subject: str) -> dict[str, Any]:
    """What the IAM tells about the person now; it must be the same person."""
    reply = request(iam, "GET", discover(iam).userinfo, token=access)
    if reply.status in (401, 403):
        reason = _("%(iam)s no longer accepts this sign-in.") % {"iam": iam.title}
        raise RemoteRefused(reason, service=iam, status=reply.status, code="invalid_token")
    if reply.status != 200:
        reason = _("%(iam)s did not identify you: it answered with status %(status)s.") % {"iam": iam.title, "status": reply.status}
        raise RemoteUnavailable(reason, service=iam)
    told = _object(iam, reply)
    if told.get("sub") != subject:
        raise NotGenuine(_("The IAM answered for a different person."), service=iam, code="userinfo")
    return told


def revoke(iam: Service, token: str) -> None:
    """Take a token back; a token that is unknown there is as good as revoked (RFC 7009, 2.2)."""
    if address := discover(iam).revocation:
        request(iam, "POST", address, data={"token": token}, headers=_credentials(iam))


def _credentials(iam: Service) -> Mapping[str, str]:
    pair = f"{quote(str(iam.options['client_id']), safe='')}:{quote(str(iam.options['client_secret']), safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _object(iam: Service, reply: Reply) -> dict[str, Any]:
    answer = reply.json()
    if not isinstance(answer, dict):
        raise RemoteUnavailable(_("%(iam)s sent an answer that the portal cannot read.") % {"iam": iam.title}, service=iam)
    return answer


def _tokens(iam: Service, form: Mapping[str, str]) -> Tokens:
    reply = request(iam, "POST", discover(iam).token, data=form, headers=_credentials(iam))
    answer = _object(iam, reply)
    if reply.status != 200:
        code = claims.line(answer.get("error"), 60)
        raise RemoteRefused(refusal.gave_no_token(iam, code), service=iam, status=reply.status, code=code)
    access, kind = _token(answer.get("access_token")), str(answer.get("token_type", "")).lower()
    if not access or kind != "bearer":
        raise RemoteUnavailable(_("%(iam)s sent no usable token.") % {"iam": iam.title}, service=iam)
    return Tokens(
        access=access,
        refresh=_token(answer.get("refresh_token")),
        identity=_token(answer.get("id_token")),
        scope=claims.line(answer.get("scope"), LONGEST_SCOPE),
        expires_at=timezone.now() + lifetime(answer.get("expires_in")),
    )


def _token(found: object) -> str:
    """A token that a header can carry, or nothing."""
    return found if isinstance(found, str) and TOKEN.fullmatch(found) else ""


def lifetime(told: object) -> timedelta:
    """How long a token lives, by what its answer says; DEFAULT_SECONDS where that is nothing that a clock can count."""
    seconds = claims.number(told)
    if seconds is None and isinstance(told, int) and told > claims.BIGGEST:
        seconds = claims.BIGGEST
    return timedelta(seconds=min(seconds, MOST_SECONDS) if seconds is not None and seconds > 0 else DEFAULT_SECONDS)
