"""SCIM: who exists, who is active, in which groups; for services that synchronise accounts."""

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.idp.oidc.models import Token
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from devstack.iam.models import Person

TYPE = "application/scim+json;charset=UTF-8"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PAGE = 100
READ, WRITE = "scim:read", "scim:write"

View = Callable[..., HttpResponse]


def scim_error(status: int, detail: str) -> JsonResponse:
    """A refusal in SCIM's own shape."""
    body = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return JsonResponse(body, status=status, content_type=TYPE)


def needs(scope: str) -> Callable[[View], View]:
    """Let only access tokens with this scope pass."""

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scheme, _, value = request.headers.get("Authorization", "").partition(" ")
            token = Token.objects.lookup(Token.Type.ACCESS_TOKEN, value) if scheme.lower() == "bearer" else None
            if token is None:
                return scim_error(401, "A valid access token is needed.")
            if scope not in token.get_scopes():
                return scim_error(403, f"The access token lacks the scope {scope}.")
            return view(request, *args, **kwargs)

        return guarded

    return decorated


@require_GET
@needs(READ)
def users(request: HttpRequest) -> HttpResponse:
    """One page of people; `startIndex`, `count` and `filter=userName eq "x"` as SCIM has them."""
    people = Person.objects.order_by("pk")
    if wanted := request.GET.get("filter"):
        match = re.fullmatch(r'userName eq "([^"]+)"', wanted)
        if match is None:
            return scim_error(400, 'Only the filter userName eq "..." is understood.')
        people = people.filter(username=match[1])
    start, count = number(request, "startIndex", 1, 1), min(number(request, "count", PAGE, 0), PAGE)
    page = [resource(person) for person in people[start - 1 : start - 1 + count]]
    body = {
        "schemas": [LIST],
        "totalResults": people.count(),
        "itemsPerPage": len(page),
        "startIndex": start,
        "Resources": page,
    }
    return JsonResponse(body, content_type=TYPE)


@require_GET
@needs(READ)
def user(request: HttpRequest, sub: uuid.UUID) -> HttpResponse:
    """One person by subject."""
    return JsonResponse(resource(get_object_or_404(Person, sub=sub)), content_type=TYPE)


def number(request: HttpRequest, name: str, default: int, least: int) -> int:
    """A whole number of the query, at least `least`; SCIM reads nonsense as the default."""
    text = request.GET.get(name, "")
    return max(least, int(text)) if re.fullmatch(r"-?\d{1,9}", text) else default


def group_id(group: str) -> uuid.UUID:
    """A group's id, the same in every stack."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.ISSUER}{group}")


def resource(person: Person) -> dict[str, Any]:
    """A person as SCIM shows one."""
    return {
        "schemas": [USER],
        "id": str(person.sub),
        "meta": {
            "resourceType": "User",
            "created": person.date_joined.isoformat(),
            "location": f"{settings.ISSUER}scim/Users/{person.sub}",
        },
        "userName": person.username,
        "displayName": person.get_full_name(),
        "name": {
            "formatted": person.get_full_name(),
            "givenName": person.first_name,
            "familyName": person.last_name,
        },
        "active": person.is_active,
        "emails": [{"type": "work", "value": person.email, "primary": True}],
        "groups": [{"display": group, "value": str(group_id(group))} for group in person.memberships],
    }
