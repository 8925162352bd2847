"""Who calls: the owner of the token in the Authorization header. Cookies are never looked at.

Accepted are personal tokens, tokens of a configured IAM whose audience is the portal, and what applications register, such as the token
that a JupyterHub gives to a session.
"""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal import limits
from vre_portal.api import iam_tokens
from vre_portal.api.errors import ApiError, too_often, unauthorized
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import Identity, User
from vre_portal.iam.oidc.tokens import is_jwt
from vre_portal.iam.personal_tokens import models as personal_tokens
from vre_portal.iam.personal_tokens.models import Scope
from vre_portal.iam.vault.group_refresh import is_old, refresh_groups
from vre_portal.policies import services as accepted

__all__ = ["Caller", "Scope", "authenticate", "register_authenticator"]
MAX_TOKEN = 16 * 1024
HEADER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE)
ALL_SCOPES = tuple(Scope)


@dataclass(frozen=True)
class Caller:
    """The person in whose name a program calls, and what its token allows."""

    person: User
    scopes: tuple[str, ...]


Authenticator = Callable[[HttpRequest, str], User | None]
_authenticators: list[Authenticator] = []


def register_authenticator(authenticator: Authenticator) -> None:
    """Let an application say whose a token of another kind is; None where it is nobody's. May raise RemoteUnavailable and ApiError."""
    if authenticator not in _authenticators:
        _authenticators.append(authenticator)


def authenticate(request: HttpRequest, *scopes: Scope, audiences: Collection[str] = ()) -> Caller:
    """Who calls, if the token allows all of `scopes`; from now on the request's user. Raises ApiError and RemoteUnavailable.

    `audiences` are those of other services whose tokens are accepted besides.
    """
    try:
        caller = _caller(request, _token(request), {settings.API_AUDIENCE, *audiences})
    except (ApiError, RemoteUnavailable) as refused:
        is_counted = not isinstance(refused, ApiError) or refused.status == 401
        if is_counted and (wait := limits.seconds_until_allowed("api-unknown", request)):
            raise too_often(wait) from None
        raise
    if missing := [scope for scope in scopes if scope not in caller.scopes]:
        message = _("This token does not allow this: it needs %(scopes)s.") % {"scopes": ", ".join(missing)}
        raise ApiError(403, "insufficient_scope", message, next_step=_("Create a personal token that allows it."))
    request.user = caller.person
    if wait := limits.seconds_until_allowed("api", request):
        raise too_often(wait)
    require_policies(caller.person)
    person = with_confirmed_groups(caller.person)
    request.user = person
    return Caller(person, caller.scopes)


def _token(request: HttpRequest) -> str:
    """What the header brings; raises ApiError."""
    header = request.headers.get("Authorization", "")
    found = HEADER.fullmatch(header) if len(header) <= MAX_TOKEN else None
    if found is None:
        raise unauthorized("" if header else _("This address needs a token."))
    return found[1]


def _caller(request: HttpRequest, token: str, audiences: Collection[str]) -> Caller:
    if token.startswith(personal_tokens.PREFIX):
        if (personal := personal_tokens.find(token)) is None:
            raise unauthorized()
        personal.note_use()
        return Caller(personal.user, tuple(personal.scopes))
    if is_jwt(token):
        return Caller(iam_tokens.person_of(token, audiences), ALL_SCOPES)
    for authenticator in _authenticators:
        if person := authenticator(request, token):
            return Caller(person, ALL_SCOPES)
    raise unauthorized()


def require_policies(person: User) -> None:
    """Nothing is done in the name of somebody who has not accepted the policies; raises ApiError."""
    if settings.POLICIES_REQUIRED and accepted.outstanding(person):
        message = _("You have not accepted the policies of this portal yet.")
        raise ApiError(403, "policies", message, next_step=_("Sign in to the portal in a browser and accept them."))


def with_confirmed_groups(person: User) -> User:
    """The person with groups as new as on a page where they are signed in; of others those that the IAM confirmed lately.

    Beyond API_GROUP_HOURS neither groups nor being an administrator, which comes from a group, count.
    """
    with suppress(SignInAgain):  # programs go on when the person has signed out
        refresh_groups(person, settings.GROUPS_SECONDS)
    if groups_count(person):
        return person
    without = copy(person)
    without.groups, without.is_staff = [], False
    return without


def groups_count(person: User) -> bool:
    """Whether they were confirmed lately. Where the IAM itself has ended the sign-in since, they count no longer than on a page."""
    seen, now = person.groups_seen_at, timezone.now()
    if seen is None or now - seen > timedelta(hours=settings.API_GROUP_HOURS):
        return False
    if not is_old(person, settings.GROUPS_SECONDS):
        return True
    return not Identity.objects.filter(user=person, issuer=person.issuer, groups_seen_at=None).exists()
