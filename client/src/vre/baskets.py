"""Baskets, read page by page as they are used."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from vre.answers import number_of, objects_of, text_of
from vre.display import html_link, html_text, visible
from vre.errors import NotFound, PortalUnavailable
from vre.items import Item
from vre.transport import Transport

MAX_PAGES = 1000
SHOWN = 50  # items that a notebook shows of a basket
FIRST_PAGE = "100"  # items that are read at once: more would take longer than anybody notices
LIMIT = re.compile(r"&limit=\d+(?=&|$)|(?<=\?)limit=\d+(?:&|$)")


@dataclass(frozen=True)
class BasketSummary:
    """A basket without its items; `items` is their number."""

    id: int
    name: str
    items: int
    current: bool
    project: str | None
    url: str
    _transport: Transport

    def __repr__(self) -> str:
        return f"<BasketSummary {self.id}: “{visible(self.name)}”, {self.items:,} items{', current' if self.current else ''}>"

    def open(self) -> "Basket":
        """The basket itself."""
        return Basket.open(self._transport, f"api/basket/{self.id}/")

    @classmethod
    def read_all(cls, transport: Transport) -> "list[BasketSummary]":
        """All of a person's baskets."""
        found = [row for page in pages(transport, transport.json("GET", "api/baskets/")) for row in objects_of(page.get("items"))]
        return [
            cls(
                id=number_of(row.get("id")) or 0,
                name=text_of(row.get("name")),
                items=number_of(row.get("items")) or 0,
                current=row.get("current") is True,
                project=text_of(row.get("project")) or None,
                url=text_of(row.get("url")),
                _transport=transport,
            )
            for row in found
        ]


def pages(transport: Transport, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A page and those that follow it, as long as the portal makes them; raises PortalUnavailable where they never end."""
    page = first
    seen: set[str] = set()
    yield page
    while following := text_of(page.get("next")):
        if following in seen or len(seen) >= MAX_PAGES:
            raise PortalUnavailable("The portal's pages lead back to themselves.", "Tell the portal's operators.")
        seen.add(following)
        page = transport.json("GET", LIMIT.sub("", following))
        yield page


class Basket(Sequence[Item]):
    """A list of items; further pages are read when they are needed. `left_out` is how many items you may not see any more."""

    def __init__(self, transport: Transport, first: dict[str, Any]) -> None:
        self._transport = transport
        self._items: list[Item] = []
        self._more: Iterator[dict[str, Any]] | None = pages(transport, first)
        self.id = number_of(first.get("id"))
        self.name = text_of(first.get("name"))
        self.left_out = 0
        self._read_page()

    @classmethod
    def open(cls, transport: Transport, path: str, params: Mapping[str, str] | None = None) -> "Basket":
        """The basket at an address of the portal, with its first page."""
        return cls(transport, transport.json("GET", path, params={"limit": FIRST_PAGE, **(params or {})}))

    def _read_page(self) -> bool:
        """Read the next page; False where there is none."""
        if self._more is None:
            return False
        page = next(self._more, None)
        if page is None:
            self._more = None
            return False
        held = {item.id for item in self._items} - {None}
        found = [Item.read(self._transport, row) for row in objects_of(page.get("items"))]
        self._items += [item for item in found if item.id not in held]  # an item that moved meanwhile is not twice in it
        self.left_out += number_of(page.get("left_out")) or 0
        if not text_of(page.get("next")):
            self._more = None
        return True

    def _read_all(self) -> list[Item]:
        while self._read_page():
            pass
        return self._items

    def __len__(self) -> int:
        return len(self._read_all())

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __iter__(self) -> Iterator[Item]:
        place = 0
        while place < len(self._items) or self._read_page():
            if place < len(self._items):
                yield self._items[place]
                place += 1

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, int) and place >= 0:
            while place >= len(self._items) and self._read_page():
                pass
            return self._items[place]
        return self._read_all()[place]

    def add(self, kind: str, value: str, *, note: str | None = None) -> Item:
        """Add a thing, such as `add("did", "lake:scope:name")`, or find it where it is there already; its note stays without a new one."""
        path = "api/basket/items/" if self.id is None else f"api/basket/{self.id}/items/"  # without a basket the first one is made
        payload = {"kind": kind, "value": value} | ({} if note is None else {"note": note})
        item = Item.read(self._transport, self._transport.json("POST", path, payload=payload))
        if self._more is None and item.id not in {other.id for other in self._items}:
            self._items.append(item)
        return item

    def remove(self, item: Item) -> None:
        """Take an item out; raises NotFound where it is not in this basket."""
        if item.id is None:
            raise NotFound(f"“{item}” is not in this basket.", "Use an item of this basket.")
        self._transport.json("DELETE", f"api/basket/{self.id}/items/{item.id}/")
        self._items = [other for other in self._items if other.id != item.id]

    def _count(self) -> str:
        return f"{len(self._items):,}{'' if self._more is None else ' or more'} items"

    def __repr__(self) -> str:
        lines = [f"<Basket “{visible(self.name)}”: {self._count()}>"]
        lines += [f"  {place}  {visible(item.label or item.kind, 30)}  {item}" for place, item in enumerate(self._items[:10])]
        return "\n".join(lines + (["  …"] if len(self._items) > 10 or self._more else []) + self._shortfall())

    def _shortfall(self) -> list[str]:
        return [f"{self.left_out:,} more are not shown: deleted, or not visible to you any more."] if self.left_out else []

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{place}</td><td>{html_text(item.label or item.kind)}</td><td>{html_link(str(item), item.url)}</td>"
            f"<td>{html_text(item.size)}</td><td>{html_text(item.note)}</td></tr>"
            for place, item in enumerate(self._items[:SHOWN])
        )
        rest = "<p>Only the first ones are shown.</p>" if len(self._items) > SHOWN or self._more else ""
        head = "<tr><th></th><th>Kind</th><th>Title</th><th>Size</th><th>Note</th></tr>"
        told = "".join(f"<p>{html_text(line)}</p>" for line in self._shortfall())
        return f"<p><strong>{html_text(self.name)}</strong>: {self._count()}</p><table>{head}{rows}</table>{rest}{told}"
