"""Whose a signed token of a configured IAM is, checked without asking the IAM: its keys are fetched once an hour."""

from collections.abc import Collection
from typing import Any

import jwt
from django.conf import settings

from vre_portal.api.errors import unauthorized
from vre_portal.iam.models import User
from vre_portal.iam.oidc import signatures
from vre_portal.iam.oidc.claims import subject as subject_of
from vre_portal.iam.oidc.signatures import NotGenuine
from vre_portal.services import Service, ServiceKind, services

OF_OTHERS = frozenset({"nonce", "at_hash", "c_hash", "events"})  # claims of tokens of identity and of sign-out, which are no access tokens


def person_of(token: str, audiences: Collection[str]) -> User:
    """The person with this subject at the IAM that signed it for one of `audiences`; raises ApiError and RemoteUnavailable."""
    iam = _issuer_of(token)
    try:
        claims = signatures.claims(iam, token, audience=list(audiences))
        subject = subject_of(iam, claims["sub"])
    except NotGenuine:
        raise unauthorized() from None
    if OF_OTHERS & claims.keys() or not _has_scope(claims):
        raise unauthorized()
    person = User.objects.filter(identities__issuer=iam.url, identities__subject=subject, is_active=True).first()
    if person is None:
        raise unauthorized()
    return person


def _issuer_of(token: str) -> Service:
    """Which IAM a token says that it is of; raises ApiError where none of ours."""
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except Exception:  # noqa: BLE001 -- the library foresees what is no token, but not all that can stand in its place
        raise unauthorized() from None
    iam = next((iam for iam in services(ServiceKind.IAM) if iam.url == issuer), None)
    if iam is None:
        raise unauthorized()
    return iam


def _has_scope(claims: dict[str, Any]) -> bool:
    """Whether it has API_SCOPE, where that is set."""
    scope = claims.get("scope", "")
    return not settings.API_SCOPE or (isinstance(scope, str) and settings.API_SCOPE in scope.split())
