"""The current basket at ESAP's address and in its shape, so that notebooks that were made for ESAP read it.

ESAP's client for notebooks (esap-gui and its `shopping_client`, EPFL and ASTRON) takes `results[0]["shopping_cart"]` and parses each
`item_data`; ESAP's page of Rucio's results writes `{"archive": "rucio", "record": {...}}` with a row of Rucio's list as the record.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from projects.baskets import item_facts, services
from projects.baskets.item_facts import Facts
from projects.baskets.models import Basket
from vre_portal.api.callers import Scope, authenticate
from vre_portal.api.views import for_programs
from vre_portal.iam.models import User

RUCIO = "rucio"


@for_programs
@require_safe
def profiles(request: HttpRequest) -> JsonResponse:
    """The profile of who calls and nobody else's. Only here tokens of other services are accepted, of the audiences that are configured."""
    person = authenticate(request, Scope.BASKET_READ, audiences=settings.ESAP_AUDIENCES).person
    basket = services.current(person)
    cart = [{"item_data": json.dumps(item_of(facts))} for facts in all_items(basket, person)] if basket else []
    profile = {"user_name": person.preferred_username or person.subject, "full_name": str(person), "shopping_cart": cart}
    return JsonResponse({"count": 1, "next": None, "previous": None, "results": [profile]})


def all_items(basket: Basket, person: User) -> Iterator[Facts]:
    """All items that the person may see: this shape has no pages."""
    after: int | None = None
    while True:
        page = item_facts.read_page(basket, person, after=after)
        yield from page.items
        if page.after is None:
            return
        after = page.after


def item_of(facts: Facts) -> dict[str, Any]:
    """An item in ESAP's shape; things that ESAP does not know have the name of their kind as archive, which its client passes over."""
    if facts["kind"] == "did":
        record = {name: facts[name] for name in ("scope", "name", "type", "bytes", "lake")}
        return {"archive": RUCIO, "record": record}
    return {"archive": facts["kind"], "record": {name: facts[name] for name in ("title", "url", "doi")}}
