"""Parts of listings: their first rows, one page of them, and names as the bounds of a part.

What Rucio's filters do to a text decides which names can be bounds. They turn `true` into `True`, read stars and percents as wildcards
and refuse them here, and take numbers, dates and Python for what they look like. Against the last helps a character that no name has;
the others are avoided.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from datalake.rucio.types import ListingPage
from datalake.rucio.unreadable import read_rows

MAX_ROWS = 100_000  # that are read of any one listing
MANGLED = re.compile("true|TRUE|false|FALSE|[*%]")
AFTER = "\x01"


def first_rows[Row](rows: Iterable[Row], limit: int) -> list[Row]:
    """The first `limit` rows; what comes after them is never sent. Rows before them are passed over sooner by the client's `skip`."""
    return list(islice(rows, min(limit, MAX_ROWS)))


def read_list[Row](rows: Iterable[Any], limit: int, read: Callable[[Any], Row]) -> list[Row]:
    """What `read` makes of the first `limit` rows; those that it cannot read are collected and left out."""
    return list(read_rows(first_rows(rows, limit), read))


def read_page[Row](rows: Iterable[Any], limit: int, read: Callable[[Any], Row]) -> ListingPage[Row]:
    """The first `limit` rows, and whether there are more: counted before rows that cannot be read are left out."""
    raw = first_rows(rows, limit + 1)
    return ListingPage(tuple(read_rows(raw[:limit], read)), more=len(raw) > limit)


def upper_bound(names: Sequence[str], index: int) -> str | None:
    """A bound just behind the usable one of the names that is nearest to an index; None where none of them is usable."""
    for nearest in sorted(range(len(names)), key=lambda other: abs(other - index)):
        if not MANGLED.search(names[nearest]):
            return names[nearest] + AFTER
    return None


def lower_bound(name: str) -> str:
    """A text that is not behind the name and that Rucio takes as it is; empty where there is none."""
    mangled = MANGLED.search(name)
    if mangled is None:
        return name + AFTER
    return name[: mangled.start()] + AFTER if mangled.start() else ""
