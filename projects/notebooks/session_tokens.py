"""Whose session a token is of that a hub gave out: the hub is asked back, and its answer remembered for a minute.

A notebook proves who it is by JUPYTERHUB_API_TOKEN. Only a digest of the token is remembered, and where a hub does not answer nothing is.
"""

import hashlib
import re

from django.core.cache import cache
from django.http import HttpRequest

from projects.notebooks import hub_people, jupyterhub
from vre_portal import limits
from vre_portal.api import callers
from vre_portal.api.errors import too_often
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, services

SHAPE = re.compile(r"[A-Za-z0-9_-]{20,255}")
KNOWN_SECONDS, REFUSED_SECONDS = 60, 10  # a stopped session's token works for no longer than the first
NOBODY = 0


def register() -> None:
    """Let programs call the API with such tokens."""
    callers.register_authenticator(person_of)


def person_of(request: HttpRequest, token: str) -> User | None:
    """The person in whose session the token is; None where no hub knows it. Raises RemoteUnavailable and ApiError."""
    hubs = services(ServiceKind.JUPYTERHUB)
    if not hubs or not SHAPE.fullmatch(token):
        return None
    key = f"notebooks:token:{hashlib.sha256(token.encode()).hexdigest()}"
    number = cache.get(key)
    if number is None:
        if wait := limits.seconds_until_allowed("api-unknown", request):  # nobody makes the hubs answer for hours
            raise too_often(wait)
        number = ask(hubs, token)
        cache.set(key, number, KNOWN_SECONDS if number else REFUSED_SECONDS)
    return User.objects.filter(pk=number, is_active=True).first() if number else None


def ask(hubs: tuple[Service, ...], token: str) -> int:
    """The number of the person by whom the first hub knows the token; NOBODY where all say that they don't. Raises RemoteUnavailable."""
    away: RemoteUnavailable | None = None
    for hub in hubs:
        try:
            owner = jupyterhub.owner_of_token(hub, token)
        except RemoteUnavailable as error:
            away = error
            continue
        if owner and (person := hub_people.person_at(hub, owner)):
            return person.pk
    if away is not None:
        raise away
    return NOBODY
