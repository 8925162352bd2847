"""A full basket becomes a text within seconds, with the same number of queries as a small one."""

import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.software.models import Entry
from datalake.index import store
from datalake.index.models import IndexedScope
from projects.baskets import services
from projects.baskets.models import Basket, BasketItem
from projects.baskets.targets import TARGETS
from tests.datalake.index.entries import fact
from vre_portal.iam.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.timed, pytest.mark.timeout(300)]
SCOPE = "KM3NET_ECAP_SP"
MAX_SECONDS = 10.0


def fill(basket: Basket, dids: int, tools: int) -> None:
    scope = IndexedScope.objects.create(lake="escape", name=SCOPE)
    store.save_facts(scope, [fact(f"run.{n}.fits", metadata={"doi": f"10.1234/{n}"}) for n in range(dids)])
    entries = Entry.objects.bulk_create(
        Entry(service="ossr", concept=str(n), record=str(n), title=f"Tool {n}", doi=f"10.5281/zenodo.{n}") for n in range(tools)
    )
    values = [("did", f"escape:{SCOPE}:run.{n}.fits") for n in range(dids)] + [("software", str(entry.pk)) for entry in entries]
    BasketItem.objects.bulk_create(
        BasketItem(basket=basket, kind=kind, value=value, title=value, position=n) for n, (kind, value) in enumerate(values)
    )


def test_a_full_basket_becomes_each_text_within_seconds(people: dict[str, User], signed_in: Callable[[str], Client]) -> None:
    basket, lead = services.create("Full", by=people["lead"]), signed_in("lead")
    fill(basket, services.MAX_ITEMS - 2000, 2000)
    slow = {}
    for key in TARGETS:
        begin = time.monotonic()
        with CaptureQueriesContext(connection) as queries:
            answer = lead.get(f"/basket/{basket.pk}/as/{key}/")
        slow[key] = (round(time.monotonic() - begin, 2), len(answer.content), len(queries))
        assert answer.status_code == 200
    assert max(seconds for seconds, _bytes, _queries in slow.values()) < MAX_SECONDS
    assert max(size for _seconds, size, _queries in slow.values()) < 1_000_000
    assert max(count for _seconds, _size, count in slow.values()) < 40
