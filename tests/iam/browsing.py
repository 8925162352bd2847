"""Going to an issuer with a test client and coming back."""

from typing import Any

from django.test import Client

from tests.iam.issuer import Issuer
from vre_portal.iam.models import User

FAILED = "/accounts/failed/"
CALLBACK = "/accounts/oidc/iam/login/callback/"


def start(visitor: Client, **form: str) -> Any:
    return visitor.post("/accounts/login/", form)


def come_back(visitor: Client, issuer: Issuer, sub: str = "ada", started: Any = None, **changes: str) -> Any:
    """Go to the issuer as `sub` and come back with its answer."""
    started = started or start(visitor)
    return told(visitor, visitor.get(CALLBACK, {**issuer.authorize(started["Location"], sub), **changes}))


def told(visitor: Client, answer: Any) -> Any:
    """The page that says why nobody was signed in, where the answer leads there."""
    return visitor.get(FAILED) if answer.headers.get("Location") == FAILED else answer


def sign_in_as(visitor: Client, issuer: Issuer, sub: str = "ada", **claims: Any) -> User:
    come_back(visitor, issuer, issuer.person(sub, **claims))
    return User.objects.get(issuer=issuer.url, subject=sub)


def signed_in(visitor: Client) -> bool:
    return bool(visitor.get("/me/", {"format": "json"}).status_code == 200)
