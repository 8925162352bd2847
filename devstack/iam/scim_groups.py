"""SCIM for groups, in INDIGO IAM's dialect: a list, and members added and removed by PATCH with `operations`."""

import json
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from devstack.address import DEMO_USERS
from devstack.iam.models import Person
from devstack.iam.scim import LIST, PAGE, READ, TYPE, WRITE, group_id, needs, number, scim_error

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
EMPTY_AT_FIRST = {"escape/km3net-embargo"}  # a group is there before anybody is in it


class NotUnderstood(Exception):
    """The change is not one that can be made; the text says why."""


def known() -> list[str]:
    """All groups, by name."""
    named = {group for _, _, groups in DEMO_USERS.values() for group in groups} | EMPTY_AT_FIRST
    return sorted(named.union(*Person.objects.values_list("memberships", flat=True)))


@require_GET
@needs(READ)
def groups(request: HttpRequest) -> HttpResponse:
    """One page of groups."""
    start, count = number(request, "startIndex", 1, 1), min(number(request, "count", PAGE, 0), PAGE)
    names = known()
    page = [{"schemas": [GROUP], "id": str(group_id(name)), "displayName": name} for name in names[start - 1 : start - 1 + count]]
    body = {"schemas": [LIST], "totalResults": len(names), "itemsPerPage": len(page), "startIndex": start, "Resources": page}
    return JsonResponse(body, content_type=TYPE)


@csrf_exempt
@require_http_methods(["PATCH"])
@needs(WRITE)
def change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Add and remove members; all of the operations or none."""
    name = next((name for name in known() if group_id(name) == pk), None)
    if name is None:
        return scim_error(404, "There is no such group.")
    try:
        with transaction.atomic():
            for operation, person in operations(request.body):
                make(operation, person, name)
    except NotUnderstood as error:
        return scim_error(400, str(error))
    return HttpResponse(status=204)


def operations(body: bytes) -> list[tuple[str, Person]]:
    """What is to be done with whom."""
    try:
        asked: Any = json.loads(body)["operations"]
        pairs = [(str(item["op"]).lower(), str(member["value"])) for item in asked if item["path"] == "members" for member in item["value"]]
        found = [(operation, Person.objects.select_for_update().get(sub=subject)) for operation, subject in pairs]
    except (ValueError, KeyError, TypeError, ValidationError, Person.DoesNotExist) as error:
        raise NotUnderstood(f"The operations are not understood: {error}") from None
    if not found or {operation for operation, _ in found} - {"add", "remove"}:
        raise NotUnderstood("Members can be added and removed.")
    return found


def make(operation: str, person: Person, group: str) -> None:
    others = [name for name in person.memberships if name != group]
    person.memberships = [*others, group] if operation == "add" else others
    person.save(update_fields=["memberships"])
