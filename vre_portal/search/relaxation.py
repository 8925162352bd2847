"""Where nothing is found: how much there is without one of the conditions, or with only one of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vre_portal.search import find
from vre_portal.search.query import ParsedQuery
from vre_portal.search.statements import Findable

MAX_CONDITIONS = 6  # each is a search of its own


@dataclass(frozen=True)
class RelaxedSearch:
    """A search with fewer conditions: what was left out, or alone kept, its text, and what it finds."""

    condition: str
    is_alone: bool
    text: str
    total: int
    is_cut: bool


def relaxed(query: ParsedQuery, findable: Findable) -> list[RelaxedSearch]:
    """The searches with one condition less that find something, the most first; where there are none, those with one condition only."""
    parts = _conditions(query)
    if not 1 < len(parts) <= MAX_CONDITIONS:
        return []
    without = [(part, _without(query, part), False) for part in parts]
    alone = [(part, _only(query, part), True) for part in parts]
    for candidates in (without, alone):
        found = list(_found(candidates, findable))
        if found:
            return sorted(found, key=lambda item: -item.total)
    return []


def _found(candidates: list[tuple[str, ParsedQuery, bool]], findable: Findable) -> Iterator[RelaxedSearch]:
    for condition, query, is_alone in candidates:
        page = find.search(query, findable, size=1)
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
