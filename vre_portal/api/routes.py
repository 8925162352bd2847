"""The API object, to which applications add their routers before the addresses are made."""

from typing import Any, override

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import NinjaAPI, Router, Schema
from ninja.errors import HttpError, ValidationError
from ninja.security.http import HttpAuthBase

from vre_portal import __version__
from vre_portal.api.callers import Caller, Scope, authenticate
from vre_portal.api.errors import response_to
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services


class Bearer(HttpAuthBase):
    """Authentication of a route by a token that allows some scopes."""

    openapi_scheme = "bearer"

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes = scopes

    @override
    def __call__(self, request: HttpRequest) -> Caller:
        return authenticate(request, *self.scopes)


class ErrorFacts(Schema):
    """What went wrong, and what to do next."""

    code: str
    message: str
    next: str


class ErrorAnswer(Schema):
    """The body of every error."""

    error: ErrorFacts


class Login(Schema):
    """How a program outside of the portal gets a token of the IAM for this API."""

    issuer: str | None
    device_client_id: str | None
    audience: str
    scopes: list[str]


class Root(Schema):
    """What this portal is, and where to go on."""

    name: str
    version: str
    login: Login
    openapi: str


class Me(Schema):
    """The person in whose name the token acts."""

    username: str
    name: str
    scopes: list[str]


ERRORS: dict[int, type[ErrorAnswer]] = dict.fromkeys((400, 401, 403, 404, 405, 422, 429, 503), ErrorAnswer)
api = NinjaAPI(
    title=settings.SITE["name"],
    version=__version__,
    description=(
        "Baskets and data for programs. Send a personal token, a token of the IAM for this audience, or the token of a "  # untranslated: as code
        "notebook session as `Authorization: Bearer …`. Cookies are not accepted."
    ),
    urls_namespace="api",
    docs_url=None,  # its page would load a program from elsewhere
    openapi_url="/openapi.json",
    servers=[{"url": settings.PORTAL_URL}],
)

for _kind in (Exception, Http404, HttpError, ValidationError):  # each has a handler of ninja's own
    api.add_exception_handler(_kind, response_to)  # type: ignore[arg-type]  # ninja's type has classes, too, which it never gives


def add(router: Router) -> None:
    """Add an application's routes below /api/."""
    api.add_router("", router)


def person_of(request: HttpRequest) -> User:
    """In whose name a program calls, in a route with authentication."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller.person


def absolute(path: str) -> str:
    """The whole address of a path of this portal."""
    return f"{settings.PORTAL_URL}{path}"


@api.get(
    "/",
    response={200: Root},
    auth=None,
    url_name="api-root",
    summary="About this API",  # untranslated: the OpenAPI document
    tags=["About"],  # untranslated: the OpenAPI document
)
def root(request: HttpRequest) -> dict[str, Any]:
    """What this portal is, and how a program signs somebody in; public."""
    iam = next(iter(services(ServiceKind.IAM)), None)
    scopes = str(iam.options.get("device_scope", "openid")).split() if iam else []
    login = {
        "issuer": iam.url if iam else None,
        "device_client_id": iam.options.get("device_client_id") if iam else None,
        "audience": settings.API_AUDIENCE,
        "scopes": [*scopes, *([settings.API_SCOPE] if settings.API_SCOPE else [])],
    }
    return {"name": settings.SITE["name"], "version": __version__, "login": login, "openapi": absolute(reverse("api:openapi-json"))}


@api.get(
    "/me/",
    response={200: Me, **ERRORS},
    auth=Bearer(),
    url_name="me",
    summary="Whose token it is",  # untranslated: the OpenAPI document
    tags=["About"],  # untranslated: the OpenAPI document
)
def me(request: HttpRequest) -> dict[str, Any]:
    """The person and what the token allows."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    person = caller.person
    return {"username": person.preferred_username or person.subject, "name": str(person), "scopes": list(caller.scopes)}
