"""Many tabs at once: nothing is lost and nothing doubled."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from catalog.software.models import Entry
from projects.baskets import services
from projects.baskets.models import Basket, BasketItem
from tests.factories import make_people
from vre_portal.iam.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration("postgres"), pytest.mark.timeout(600)]
TABS, THINGS = 10, 10_000


@pytest.fixture
def lead() -> User:
    return make_people()["lead"]


def entries(count: int) -> list[str]:
    rows = [Entry(service="ossr", concept=str(n), record=str(n), title=f"Tool {n}") for n in range(count)]
    return [f"software:{entry.pk}" for entry in Entry.objects.bulk_create(rows)]


def in_tabs(work: list[object], act: object) -> None:
    """Each item of work in one of the tabs, each tab with its own connection."""

    def one(item: object) -> None:
        try:
            act(item)  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(TABS) as tabs:
        list(tabs.map(one, work))


def test_ten_thousand_things_from_ten_tabs(lead: User) -> None:
    """Each thing twice, by two tabs, fifty at a time, the last five hundred one by one; the first makes the basket."""
    things = entries(THINGS)
    parts: list[object] = [things[start : start + 50] for start in range(0, THINGS - 500, 50)] + [[thing] for thing in things[-500:]]

    def add(part: list[str]) -> None:
        services.add(services.current_or_new(lead), part, by=lead)

    in_tabs([part for part in parts for _ in range(2)], add)
    basket = Basket.objects.get()
    held = list(basket.items.present().values_list("kind", "value"))
    assert len(held) == len(set(held)) == THINGS
    assert {f"{kind}:{value}" for kind, value in held} == set(things)


def test_the_limit_holds_for_all_tabs_together(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ITEMS", 50)
    basket = services.create("Full", by=lead)
    in_tabs([[thing] for thing in entries(100)], lambda part: services.add(basket, part, by=lead))
    assert basket.items.present().count() == 50


def test_removing_adding_moving_and_undoing_at_once(lead: User) -> None:
    """Whoever comes first, each thing is there once at the end."""
    basket, things = services.create("Busy", by=lead), entries(30)
    services.add(basket, things, by=lead)

    def act(number: int) -> None:
        thing = things[number % len(things)]
        item = basket.items.present().filter(value=thing.partition(":")[2]).first()
        if item is not None:
            services.move(basket, [item.pk], ("up", "down", "top", "bottom")[number % 4])
        removal, _count = services.remove(basket, only=[thing])
        services.add(basket, [thing], by=lead)
        with contextlib.suppress(services.BasketRefused):
            services.undo(removal, by=lead)

    in_tabs(list(range(120)), act)
    assert sorted(item.thing for item in basket.items.present()) == sorted(things)
    assert BasketItem.objects.present().count() == len(things)


def test_no_more_baskets_than_the_limit_from_ten_tabs(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_BASKETS", 5)

    def create(number: int) -> None:
        with contextlib.suppress(services.BasketRefused):
            services.create(f"Basket {number}", by=lead)

    in_tabs(list(range(20)), create)
    assert Basket.objects.count() == 5
