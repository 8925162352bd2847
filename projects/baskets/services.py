"""Changing a person's baskets. Each change is an operation on some items, done while the basket's row is locked: two tabs never lose one."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.baskets import counting
from projects.baskets.models import MAX_KIND, MAX_NAME, MAX_TITLE, MAX_VALUE, UNDO_WITHIN, Basket, BasketItem
from projects.models import Project
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.text import plain
from vre_portal.things import Reader, ThingPage

MAX_ITEMS, MAX_BASKETS = 10_000, 100
MAX_AT_ONCE = 1_000  # things of one form
NARROWEST = 1e-6  # between two positions; where it gets narrower the basket is numbered anew


class BasketRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


@dataclass(frozen=True)
class Added:
    """The result of adding things."""

    added: int = 0
    present: int = 0  # in the basket before
    unseen: int = 0  # no such thing, or none that the person may see
    beyond: int = 0  # for which there was no room
    first: str = ""  # the title of the first, where the person may see it
    left: tuple[str, ...] = ()  # which had no room

    @property
    def total(self) -> int:
        """How many things were meant."""
        return self.added + self.present + self.unseen + self.beyond


def visible_things(reader: Reader, wanted: Iterable[str]) -> dict[str, ThingPage]:
    """Those of some things that the reader may see, and that fit into a row, in their order."""
    once = [thing for thing in dict.fromkeys(wanted) if fits(thing)]
    pages = things.pages_of(reader, once)
    return {thing: pages[thing] for thing in once if thing in pages}


def fits(thing: str) -> bool:
    """Whether a row has room for it."""
    kind, _colon, value = thing.partition(":")
    return 0 < len(kind) <= MAX_KIND and 0 < len(value) <= MAX_VALUE and "\0" not in value


def names_of(by: User) -> dict[int, str]:
    """The person's baskets by their numbers, the current one first."""
    return dict(Basket.objects.of(by).values_list("pk", "name"))


def current(by: User) -> Basket | None:
    """The basket into which things go; None where the person has none."""
    return Basket.objects.of(by).first()


def is_in_current(by: User, thing: str) -> bool:
    """Whether the person's current basket holds a thing."""
    basket = current(by)
    kind, _colon, value = thing.partition(":")
    return basket is not None and basket.items.present().filter(kind=kind, value=value).exists()


def values_in_current(by: User, kind: str, words: str, begin: int, most: int) -> list[str]:
    """The values of things of a kind in the person's current basket, in their order, whose titles contain some words; a part of them."""
    basket = current(by)
    if basket is None:
        return []
    rows = basket.items.present().filter(kind=kind)
    if words:
        rows = rows.filter(title__icontains=words)
    return list(rows.values_list("value", flat=True)[begin : begin + most])


def current_or_new(by: User) -> Basket:
    """The same, made where there is none."""
    return current(by) or _first(by)


@transaction.atomic
def _first(by: User) -> Basket:
    _lock_person(by)
    return current(by) or Basket.objects.create(owner=by, name=_("My basket"))


def _lock_person(by: User) -> None:
    """Two forms at once count the same baskets."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)


def _locked(basket: Basket) -> Basket:
    """The basket's row, locked until the transaction ends, and changed from now on. Raises BasketRefused where it was deleted."""
    found = Basket.objects.select_for_update(of=("self",), no_key=True).filter(pk=basket.pk, deleted_at=None).first()
    if found is None:
        raise BasketRefused(_("This basket was deleted in another window. Nothing was changed."))
    found.changed_at = timezone.now()
    found.save(update_fields=["changed_at"])
    counting.changed(found.owner_id)
    return found


@transaction.atomic
def create(name: str, *, by: User, project: Project | None = None) -> Basket:
    """A new basket, from now on the current one. Raises BasketRefused."""
    _lock_person(by)
    if Basket.objects.of(by).count() >= MAX_BASKETS:
        raise BasketRefused(_("You have %(limit)s baskets, which is the limit. Delete one first.") % {"limit": MAX_BASKETS})
    counting.changed(by.pk)
    try:
        with transaction.atomic():
            return Basket.objects.create(owner=by, name=name, project=project)
    except IntegrityError:
        raise BasketRefused(_("You already have a basket with this name.")) from None


@transaction.atomic
def edit(basket: Basket, *, name: str, project: Project | None) -> None:
    """Another name, and the project that it is for. Raises BasketRefused."""
    found = _locked(basket)
    found.name, found.project = name, project
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "project"])
    except IntegrityError:
        raise BasketRefused(_("You already have a basket with this name.")) from None


@transaction.atomic
def choose(basket: Basket) -> None:
    """From now on the current one."""
    found = _locked(basket)
    found.chosen_at = timezone.now()
    found.save(update_fields=["chosen_at"])


def add(basket: Basket, wanted: Sequence[str], *, by: User, pages: Mapping[str, ThingPage] | None = None) -> Added:
    """Add things that the person may see, each once, up to the limit. Raises BasketRefused where the basket was deleted."""
    once = list(dict.fromkeys(wanted))
    if pages is None:
        things.ask_access(by, filter(fits, once))
    seen = visible_things(by, once) if pages is None else pages
    rows = [BasketItem(kind=kind, value=value, title=plain(page.title)[:MAX_TITLE])
            for (kind, _colon, value), page in ((thing.partition(":"), page) for thing, page in seen.items())]  # fmt: skip
    added, left = _insert(basket, rows)
    first = next(iter(seen.values())).title if seen else ""
    return Added(added, len(rows) - added - len(left), len(once) - len(seen), len(left), first, left)


def note_titles(titles: Mapping[int, str]) -> None:
    """What items are called now: a search in the basket and its order by name go by it."""
    rows = list(BasketItem.objects.filter(pk__in=titles).only("title"))
    changed = [row for row in rows if row.title != plain(titles[row.pk])[:MAX_TITLE]]
    for row in changed:
        row.title = plain(titles[row.pk])[:MAX_TITLE]
    BasketItem.objects.bulk_update(changed, ["title"])


@transaction.atomic
def _insert(basket: Basket, rows: Sequence[BasketItem]) -> tuple[int, tuple[str, ...]]:
    """Put those at the end that are not in the basket; how many were put, and which things had no room."""
    found = _locked(basket)
    present = set(found.items.present().filter(value__in=[row.value for row in rows]).values_list("kind", "value"))
    new = [row for row in rows if (row.kind, row.value) not in present]
    room = max(0, MAX_ITEMS - found.items.present().count())
    last = found.items.present().aggregate(last=Max("position"))["last"] or 0.0
    for number, row in enumerate(new[:room], start=1):
        row.basket, row.position = found, last + number
    BasketItem.objects.bulk_create(new[:room], ignore_conflicts=True)
    return len(new[:room]), tuple(row.thing for row in new[room:])


@transaction.atomic
def remove(basket: Basket, items: Sequence[int] | None = None, *, only: Sequence[str] | None = None) -> tuple[uuid.UUID, int]:
    """Take some items out by their numbers or as things, or all of them; what undoes it, and how many went."""
    found, removal = _locked(basket), uuid.uuid4()
    rows = found.items.filter(removal=None)
    if only is not None:
        pairs = {tuple(thing.partition(":")[::2]) for thing in only}
        held = rows.filter(value__in=[value for _kind, value in pairs]).values_list("pk", "kind", "value")
        items = [pk for pk, kind, value in held if (kind, value) in pairs]
    if items is not None:
        rows = rows.filter(pk__in=items)
    return removal, rows.update(removal=removal, removed_at=timezone.now())


@transaction.atomic
def undo(removal: uuid.UUID, *, by: User) -> tuple[Basket, int]:
    """Put back what a removal took, each with its note at its place; how many. What was added again since stays as it is.

    Raises BasketRefused where it is too late or the basket has no room.
    """
    since = timezone.now() - UNDO_WITHIN
    gone = BasketItem.objects.filter(removal=removal, removed_at__gt=since, basket__owner=by).select_related("basket").first()
    if gone is None:
        raise BasketRefused(_("This can no longer be undone."))
    basket = _locked(gone.basket)
    again = BasketItem.objects.filter(basket=basket, removal=None, kind=OuterRef("kind"), value=OuterRef("value"))
    rows = BasketItem.objects.filter(basket=basket, removal=removal).exclude(Exists(again))
    if basket.items.present().count() + rows.count() > MAX_ITEMS:
        raise BasketRefused(_("This basket is full (%(limit)s items). Remove some items first.") % {"limit": MAX_ITEMS})
    return basket, rows.update(removal=None, removed_at=None)


@transaction.atomic
def write_note(item: BasketItem, text: str) -> None:
    """What the person notes about an item. Raises BasketRefused where it was removed."""
    basket = _locked(item.basket)
    if not basket.items.filter(pk=item.pk, removal=None).update(note=text):
        raise BasketRefused(_("This item was removed in another window. Your note was not saved."))


@transaction.atomic
def move(basket: Basket, items: Sequence[int], direction: str) -> int:
    """Move items one place `up` or `down`, or to the `top` or `bottom`, together and in their order; how many.

    Only their own rows are written, with positions between those of their new neighbours.
    """
    found, wanted = _locked(basket), set(items)
    rows = list(found.items.present().values_list("pk", "position"))
    moved = [pk for pk, _position in rows if pk in wanted]
    if not moved:
        return 0
    places = [place for place, (pk, _position) in enumerate(rows) if pk in wanted]
    others = [position for pk, position in rows if pk not in wanted]
    index = {
        "top": 0,
        "up": max(0, places[0] - 1),
        "down": min(len(others), places[-1] - len(moved) + 2),
        "bottom": len(others),
    }[direction]
    below = others[index - 1] if index else others[0] - len(moved) - 1 if others else 0.0
    above = others[index] if index < len(others) else below + len(moved) + 1
    step = (above - below) / (len(moved) + 1)
    if step < NARROWEST:
        _number_anew(found)
        return move(found, items, direction)
    for number, pk in enumerate(moved, start=1):
        BasketItem.objects.filter(pk=pk).update(position=below + number * step)
    return len(moved)


def _number_anew(basket: Basket) -> None:
    rows = list(basket.items.order_by("position", "pk").only("pk"))  # also removed ones, which may be put back at their places
    for number, row in enumerate(rows, start=1):
        row.position = number
    BasketItem.objects.bulk_update(rows, ["position"], batch_size=1000)


def copy(basket: Basket, items: Sequence[int], *, to: Basket) -> Added:
    """Copy items with their notes to another basket of the same person; what they no longer see is not named. Raises BasketRefused where
    that was deleted.
    """
    rows = list(basket.items.present().filter(pk__in=items))
    copies = [BasketItem(kind=row.kind, value=row.value, title=row.title, note=row.note) for row in rows]
    added, left = _insert(to, copies)
    page = things.page_of(to.owner, rows[0].thing) if len(rows) == 1 else None
    return Added(added, len(rows) - added - len(left), 0, len(left), page.title if page else "", left)


@transaction.atomic
def delete(basket: Basket) -> None:
    """Delete a basket; for a while it can be restored."""
    found = _locked(basket)
    found.deleted_at = timezone.now()
    found.save(update_fields=["deleted_at"])


@transaction.atomic
def restore(pk: int, *, by: User) -> Basket:
    """Undo a deletion; where its name was given to another basket meanwhile it gets a number. Raises BasketRefused where it is too late."""
    _lock_person(by)
    basket = Basket.objects.filter(owner=by, pk=pk, deleted_at__gt=timezone.now() - UNDO_WITHIN).first()
    if basket is None or Basket.objects.of(by).count() >= MAX_BASKETS:
        raise BasketRefused(_("This can no longer be undone."))
    taken = {name.lower() for name in Basket.objects.of(by).values_list("name", flat=True)}
    name, number = basket.name, 2
    while basket.name.lower() in taken:
        basket.name, number = f"{name[: MAX_NAME - 6]} ({number})", number + 1
    basket.deleted_at = None
    basket.save(update_fields=["deleted_at", "name"])
    counting.changed(by.pk)
    return basket
