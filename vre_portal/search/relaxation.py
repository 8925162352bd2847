"""Where nothing is found: how much there is without one of the conditions, or with only one of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from vre_portal.search import find
from vre_portal.search.query import ParsedQuery
from vre_portal.search.statements import Findable

MAX_CONDITIONS = 6  # each is a search of its own
SECONDS = 1.0  # for all of these searches together: the page has already taken its own time to find nothing
MIN_MS = 50  # no search is begun with less


@dataclass(frozen=True)
class RelaxedSearch:
    """A search with fewer conditions: what was left out, or alone kept, its text, and what it finds."""

    condition: str
    is_alone: bool
    text: str
    total: int
    is_cut: bool


def relaxed(query: ParsedQuery, findable: Findable) -> list[RelaxedSearch]:
    """The searches with one condition less that find something, the most first; where there are none, those with one condition only.

    What cannot be counted within SECONDS is left out.
    """
    end = time.monotonic() + SECONDS
    parts = _conditions(query)
    if not 1 < len(parts) <= MAX_CONDITIONS:
        return []
    without = [(part, _without(query, part), False) for part in parts]
    alone = [(part, _only(query, part), True) for part in parts]
    for candidates in (without, alone):
        found = list(_found(candidates, findable, end))
        if found:
            return sorted(found, key=lambda item: -item.total)
    return []


def _found(candidates: list[tuple[str, ParsedQuery, bool]], findable: Findable, end: float) -> Iterator[RelaxedSearch]:
    for condition, query, is_alone in candidates:
        left_ms = int((end - time.monotonic()) * 1000)
        if left_ms < MIN_MS:
            return
        try:
            page = find.search(query, findable, size=1, timeout_ms=left_ms)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            return
        if page.total:
            yield RelaxedSearch(condition, is_alone, query.written(), page.total, page.is_cut)


def _conditions(query: ParsedQuery) -> list[str]:
    """The conditions as they are written; all dates are one."""
    dates = [" ".join(query.dates)] if query.since or query.before else []
    return list(dict.fromkeys([*map(ParsedQuery.group_text, query.groups), *dates]))


def _without(query: ParsedQuery, condition: str) -> ParsedQuery:
    groups = tuple(group for group in query.groups if ParsedQuery.group_text(group) != condition)
    return replace(query, groups=groups) if groups != query.groups else replace(query, since=None, before=None, dates=())


def _only(query: ParsedQuery, condition: str) -> ParsedQuery:
    groups = tuple(group for group in query.groups if ParsedQuery.group_text(group) == condition)
    return replace(query, groups=groups, since=None, before=None, dates=()) if groups else replace(query, groups=())
