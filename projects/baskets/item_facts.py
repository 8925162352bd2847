"""Items of a basket as programs read them, a page at a time, as far as the person may see them now."""

from dataclasses import dataclass
from typing import Any

from projects.baskets import presenting
from projects.baskets.models import Basket, BasketItem
from projects.baskets.presenting import BasketRow
from vre_portal import things
from vre_portal.api.routes import absolute
from vre_portal.iam.models import User
from vre_portal.text import plain
from vre_portal.things import FACTS

PAGE = 1_000
Facts = dict[str, Any]


class UnknownPlace(LookupError):
    """The basket has no item after which a page could begin."""


@dataclass(frozen=True)
class ItemPage:
    """Some items, how many between them the person may not see now, and after which item the next page begins."""

    items: list[Facts]
    left_out: int
    after: int | None


def read_page(basket: Basket, reader: User, *, after: int | None = None, size: int = PAGE) -> ItemPage:
    """The items after one of them, in the person's order. Raises UnknownPlace.

    Remote services are asked about access where they have not said it lately: nobody waits for a program as for a page.
    """
    rows = basket.items.present()
    if after is not None:
        place = basket.items.filter(pk=after).values_list("position", flat=True).first()  # also where it was removed meanwhile
        if place is None:
            raise UnknownPlace
        rows = rows.filter(position__gte=place).exclude(position=place, pk__lte=after)
    found = list(rows[: size + 1])
    shown = found[:size]
    things.ask_access(reader, [item.thing for item in shown])
    seen = [row for row in presenting.rows_of(shown, reader) if row.page is not None]
    return ItemPage([facts_of(row) for row in seen], len(shown) - len(seen), shown[-1].pk if len(found) > size else None)


def read_item(item: BasketItem, reader: User) -> Facts | None:
    """One item; None where the person may not see it now."""
    return next((facts_of(row) for row in presenting.rows_of([item], reader) if row.page is not None), None)


def facts_of(row: BasketRow) -> Facts:
    """An item that the person may see."""
    page, item = row.page, row.item
    assert page is not None  # noqa: S101 -- for the type checker
    own = {"id": item.pk, "kind": item.kind, "value": item.value, "title": plain(page.title), "label": str(row.label), "note": item.note}
    return {**own, "url": absolute(page.url), **{name: page.facts.get(name) for name in FACTS}}
