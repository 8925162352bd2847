"""What pages show of a basket: a page of its items, each called as its own page calls it now, as far as the reader may see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Q, When

from projects.baskets.models import Basket, BasketItem, BasketItemQuerySet
from vre_portal import things
from vre_portal.tables import Row
from vre_portal.text import plain
from vre_portal.things import Reader, ThingKind, ThingPage

PAGE = 100


@dataclass(frozen=True)
class BasketRow:
    """An item as a list shows it. Without a page it is no longer there, or not for this reader: then nobody is told what it was called,
    not even who added it, for it may have been restricted since; their note stays theirs.
    """

    item: BasketItem
    kind: ThingKind | None
    page: ThingPage | None
    is_unchecked: bool = False  # nobody has said yet whether this reader may see it

    @property
    def label(self) -> Any:
        """What it is, as exactly as is known."""
        return (self.page and self.page.label) or (self.kind.label if self.kind else "")

    @property
    def icon(self) -> str:
        """The icon of what it is."""
        return (self.page and self.page.icon) or (self.kind.icon if self.kind else "circle-question-mark")


def items_of(basket: Basket, chosen: Mapping[str, str], reader: Reader) -> BasketItemQuerySet:
    """The items that a filter leaves, in its order. The title of what the reader may not see counts neither for words nor for the order."""
    found = basket.items.present()
    if kind := chosen.get("kind"):
        found = found.filter(kind=kind)
    if words := chosen.get("q", "").split():
        found = _with_words(found, words, reader)
    match chosen.get("sort"):
        case "newest":
            return found.order_by("-added_at", "-pk")
        case "name":
            visible = _visible(found, reader)
            title = [Case(When(pk__in=visible, then=F("title"))).asc(nulls_last=True)] if visible else []
            return found.order_by(*title, "added_at", "pk")
    return found


def _with_words(items: BasketItemQuerySet, words: Iterable[str], reader: Reader) -> BasketItemQuerySet:
    """Those that have each of some words in their title or note; in their note where the reader does not see the title."""
    in_note = in_either = Q()
    for word in dict.fromkeys(words):
        in_note &= Q(note__icontains=word)
        in_either &= Q(title__icontains=word) | Q(note__icontains=word)
    by_title = _visible(items.filter(in_either & ~in_note), reader)
    return items.filter(in_note | Q(pk__in=by_title))


def _visible(items: BasketItemQuerySet, reader: Reader) -> list[int]:
    """The numbers of those that the reader may see."""
    things_of = {item.pk: item.thing for item in items.only("kind", "value")}
    pages = things.pages_of(reader, things_of.values())
    return [pk for pk, thing in things_of.items() if thing in pages]


def page_of(items: BasketItemQuerySet, number: str, size: int, *, total: int | None = None) -> Page[BasketItem]:
    """One page of items; where it is known how many there are, they are not counted again."""
    paginator = Paginator(items, size)
    if total is not None:
        paginator.__dict__["count"] = total
    return paginator.get_page(number)


def rows_of(items: Iterable[BasketItem], reader: Reader) -> list[BasketRow]:
    """Some items for a reader; each application is asked once."""
    found = list(items)
    pages = things.pages_of(reader, [item.thing for item in found])
    unchecked = things.of_unknown_access(reader, [item.thing for item in found if item.thing not in pages])
    return [BasketRow(item, things.kind_of(item.kind), pages.get(item.thing), item.thing in unchecked) for item in found]


def rows_of_things(held: Sequence[str], reader: Reader) -> list[BasketRow]:
    """The same for what a visitor's session holds."""
    pairs = [thing.partition(":") for thing in held]
    return rows_of([BasketItem(kind=kind, value=value) for kind, _colon, value in pairs], reader)


def as_row(row: BasketRow) -> Row:
    """An item for programs."""
    page, item = row.page, row.item
    return {
        "kind": item.kind, "type": str(row.label), "value": item.value if page else None, "title": plain(page.title) if page else None,
        "url": page.url if page else None, "note": item.note, "added_at": item.added_at if item.pk else None,
    }  # fmt: skip
