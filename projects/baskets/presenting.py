"""What pages show of a basket: a page of its items, each called as its own page calls it now, as far as the reader may see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from projects.baskets.models import Basket, BasketItem, BasketItemQuerySet
from vre_portal import things
from vre_portal.tables import Row
from vre_portal.text import plain
from vre_portal.things import Reader, ThingKind, ThingPage

PAGE = 100
ORDERS = {"newest": ("-added_at", "-pk"), "name": ("title", "pk")}


@dataclass(frozen=True)
class BasketRow:
    """An item as a list shows it. Without a page it is no longer there, or not for this reader: then nobody is told what it was called,
    not even who added it, for it may have been restricted since; their note stays theirs.
    """

    item: BasketItem
    kind: ThingKind | None
    page: ThingPage | None

    @property
    def label(self) -> Any:
        """What it is, as exactly as is known."""
        return (self.page and self.page.label) or (self.kind.label if self.kind else "")

    @property
    def icon(self) -> str:
        """The icon of what it is."""
        return (self.page and self.page.icon) or (self.kind.icon if self.kind else "circle-question-mark")


def items_of(basket: Basket, chosen: Mapping[str, str]) -> BasketItemQuerySet:
    """The items that a filter leaves, in its order. Words are looked for in titles and notes."""
    found = basket.items.present()
    if kind := chosen.get("kind"):
        found = found.filter(kind=kind)
    for word in chosen.get("q", "").split():
        found = found.filter(title__icontains=word) | found.filter(note__icontains=word)
    return found.order_by(*ORDERS[chosen["sort"]]) if chosen.get("sort") in ORDERS else found


def page_of(items: BasketItemQuerySet, number: str, size: int, *, total: int | None = None) -> Page[BasketItem]:
    """One page of items; where it is known how many there are, they are not counted again."""
    paginator = Paginator(items, size)
    if total is not None:
        paginator.__dict__["count"] = total
    return paginator.get_page(number)


def rows_of(items: Iterable[BasketItem], reader: Reader, *, only_visible: bool = False) -> list[BasketRow]:
    """Some items for a reader; each application is asked once. `only_visible` leaves out the others, as where words were looked for."""
    found = list(items)
    pages = things.pages_of(reader, [item.thing for item in found])
    rows = [BasketRow(item, things.kind_of(item.kind), pages.get(item.thing)) for item in found]
    return [row for row in rows if row.page or not only_visible]


def rows_of_things(held: Sequence[str], reader: Reader) -> list[BasketRow]:
    """The same for what a visitor's session holds."""
    pairs = [thing.partition(":") for thing in held]
    return rows_of([BasketItem(kind=kind, value=value) for kind, _colon, value in pairs], reader)


def as_row(row: BasketRow) -> Row:
    """An item for programs."""
    page, item = row.page, row.item
    return {
        "kind": item.kind, "type": str(row.label), "value": item.value if page else None, "title": plain(page.title) if page else None,
        "url": page.url if page else None, "note": item.note, "added_at": item.added_at,
    }  # fmt: skip
