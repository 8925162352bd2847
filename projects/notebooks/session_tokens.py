"""Whose session a token is of that a hub gave to a server: the hub is asked back, and its answer remembered for a minute.

A notebook proves who it is by JUPYTERHUB_API_TOKEN. Only a digest of the token is remembered, and where a hub does not answer nothing is.
Other tokens of the hub open nothing: they are given to programs that must not act here.
"""

import hashlib
import logging
import re

from django.core.cache import cache
from django.http import HttpRequest

from projects.notebooks import hub_people, jupyterhub
from projects.notebooks.models import Session
from vre_portal import limits
from vre_portal.api import callers
from vre_portal.api.errors import too_often
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, services

logger = logging.getLogger(__name__)
SHAPE = re.compile(r"[0-9a-f]{32}")  # as hubs make them; nothing else is sent to one
KNOWN_SECONDS, REFUSED_SECONDS = 60, 10  # a token that the hub took back works for no longer than the first
NONE = 0


def register() -> None:
    """Let programs call the API with such tokens."""
    callers.register_authenticator(person_of)


def person_of(request: HttpRequest, token: str) -> User | None:
    """The person in whose session the token is; None where it is of no running session. Raises RemoteUnavailable and ApiError."""
    hubs = services(ServiceKind.JUPYTERHUB)
    if not hubs or not SHAPE.fullmatch(token):
        return None
    key = f"notebooks:token:{hashlib.sha256(token.encode()).hexdigest()}"
    number = cache.get(key)
    if number is None:
        if wait := limits.seconds_until_allowed("api-hub", request):  # nobody makes the hubs answer for hours
            raise too_often(wait)
        number = find_session(hubs, token)
        cache.set(key, number, KNOWN_SECONDS if number else REFUSED_SECONDS)
    session = Session.objects.alive().select_related("by").filter(pk=number, by__is_active=True).first() if number else None
    return session.by if session else None


def find_session(hubs: tuple[Service, ...], token: str) -> int:
    """The number of the session whose server has the token; NONE where every hub says that it is no such token. Raises RemoteUnavailable."""
    away: RemoteUnavailable | None = None
    for hub in hubs:
        try:
            owner = jupyterhub.server_of_token(hub, token)
            person = hub_people.person_at(hub, owner[0]) if owner else None
        except RemoteUnavailable as error:
            away = error
            continue
        except UnknownService:
            logger.exception("the IAM of %s is not configured, so its tokens are nobody's", hub.name)
            continue
        if owner and person and (session := Session.objects.alive().filter(hub=hub.name, by=person, server=owner[1]).first()):
            return session.pk
    if away is not None:
        raise away
    return NONE
