"""The current basket at ESAP's address and in its shape, so that notebooks that were made for ESAP read it.

ESAP's client for notebooks (esap-gui and its `shopping_client`, EPFL and ASTRON) takes `results[0]["shopping_cart"]` and parses each
`item_data`; ESAP's page of Rucio's results writes `{"archive": "rucio", "record": {...}}` with a row of Rucio's list as the record.
"""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from projects.baskets import item_facts, services
from projects.baskets.item_facts import Facts, UnknownPlace
from projects.baskets.models import Basket
from vre_portal import limits
from vre_portal.api.callers import Scope, authenticate
from vre_portal.api.errors import too_often
from vre_portal.api.views import for_programs
from vre_portal.iam.models import User

RUCIO = "rucio"


@for_programs
@require_safe
def profiles(request: HttpRequest) -> JsonResponse:
    """The profile of who calls and nobody else's. Only here tokens of other services are accepted, of the audiences that are configured."""
    person = authenticate(request, Scope.BASKET_READ, audiences=settings.ESAP_AUDIENCES).person
    basket = services.current(person)
    items, left_out = all_items(request, basket, person) if basket else ([], 0)
    cart = [{"item_data": json.dumps(item_of(facts))} for facts in items]
    profile = {
        "user_name": person.preferred_username or person.subject, "full_name": str(person), "shopping_cart": cart,
        "left_out": left_out,  # beyond ESAP's shape, of which its client reads the cart alone
    }  # fmt: skip
    return JsonResponse({"count": 1, "next": None, "previous": None, "results": [profile]})


def all_items(request: HttpRequest, basket: Basket, person: User) -> tuple[list[Facts], int]:
    """All items that the person may see, and how many they may not see now: this shape has no pages, so a large basket counts as an export.

    Raises ApiError.
    """
    page = item_facts.read_page(basket, person)
    items, left_out = page.items, page.left_out
    if page.after and (wait := limits.seconds_until_allowed("export", request)):
        raise too_often(wait)
    while page.after:
        try:
            page = item_facts.read_page(basket, person, after=page.after)
        except UnknownPlace:  # the item was removed for good meanwhile
            break
        items, left_out = items + page.items, left_out + page.left_out
    return items, left_out


def item_of(facts: Facts) -> dict[str, Any]:
    """An item in ESAP's shape; things that ESAP does not know have the name of their kind as archive, which its client passes over."""
    if facts["kind"] == "did":
        record = {name: facts[name] for name in ("scope", "name", "type", "bytes", "lake")}
        return {"archive": RUCIO, "record": record}
    return {"archive": facts["kind"], "record": {name: facts[name] for name in ("title", "url", "doi")}}
