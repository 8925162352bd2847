"""The SQL of a search: some documents that match, the best or newest of them, and counts over them, in one statement.

Of a word that most documents have, not all matches are looked at: up to MAX_RANKED of those that come first, and up to MAX_BEST of those with
all words in their title and of the kinds of which there are few. So a search costs what it shows, and not what the index holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vre_portal.search import words
from vre_portal.search.query import ParsedQuery

MAX_RANKED, MAX_BEST = 1_000, 200
MAX_NAMED = 3  # things of one name that are shown before all others
WEIGHTS = "{0.05, 0.25, 0.5, 1.0}"  # of D, C, B and A
ROW = "d.id, d.facets, d.created, d.changed, {score} AS score"
SCORE = "(ts_rank('{weights}', d.vector, %(words)s::tsquery) * d.boost + (NOT d.is_last)::int)::float8"
PLAIN_SCORE = "(d.boost * 0.001 + (NOT d.is_last)::int)::float8"
# Documents whose rows changed since are not shown: what they say may not be true any more, or not for everybody.
WAITING = (
    "d.kind <> ALL(%(waiting_kinds)s) AND NOT EXISTS (SELECT FROM unnest(d.depends) AS token WHERE token IN "
    "(SELECT topic || ':' || key FROM search_change))"
)
MATCHES = "d.vector @@ %(query)s::tsquery"
IS_CUT = "(SELECT count(*) FROM first_ones) = %(most)s"  # untranslated: SQL
EXACT = "(SELECT coalesce(jsonb_agg(exact), '[]') FROM ({row}) AS exact)"  # untranslated: SQL
COUNTS = """
facets AS (SELECT facet, count(*) AS documents FROM ranked, unnest(facets) AS facet GROUP BY facet ORDER BY 2 DESC, 1 LIMIT 300),
months AS (SELECT to_char(created AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS documents FROM ranked
           WHERE created IS NOT NULL GROUP BY 1)
"""


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind a document with this score, or this moment, and this number."""

    value: float | datetime
    number: int


@dataclass(frozen=True)
class Findable:
    """What a reader may find: the numbers of the audiences that they belong to, and the kinds that wait as a whole."""

    audiences: Sequence[int]
    waits: bool = False  # whether anything waits to be indexed
    waiting_kinds: Sequence[str] = ()

    def conditions(self) -> list[str]:
        """In SQL, for a document d."""
        return ["d.audience_id = ANY(%(audiences)s)", *([WAITING] if self.waits else [])]

    def values(self) -> dict[str, Any]:
        """What stands in `conditions`."""
        return {"audiences": list(self.audiences), "waiting_kinds": list(self.waiting_kinds)}


def search(
    query: ParsedQuery, findable: Findable, *, newest: bool, size: int, after: Place | None, exact: str = ""
) -> tuple[str, dict[str, Any]]:
    """The statement of a search and its values: hits, facets and months as JSON, how many there are, and some documents called `exact`."""
    ranking = query.words_tsquery()
    row = ROW.format(score=SCORE.format(weights=WEIGHTS) if ranking else PLAIN_SCORE)
    values: dict[str, Any] = {**findable.values(), "query": query.tsquery(), "words": ranking, "size": size + 1, "most": MAX_RANKED + 1}
    values["best"] = MAX_BEST
    conditions = _conditions(query, findable)
    parts = [f"first_ones AS MATERIALIZED ({_some(row, conditions, '%(most)s')})"]
    tables = ["first_ones"]
    for name, text in (("titled", query.title_tsquery()), ("top", _and(query.tsquery(), words.quoted(words.TOP)))):
        if text and not newest:
            values[name] = text
            # Each text holds the query: to ask for that as well would make PostgreSQL compare every vector twice.
            more = _some(row, [*(item for item in conditions if item != MATCHES), f"d.vector @@ %({name})s::tsquery", IS_CUT], "%(best)s")
            parts.append(f"{name} AS MATERIALIZED ({more})")
            tables.append(name)
    union = " union all ".join(f"select * from {name}" for name in tables)  # noqa: S608
    parts.append(f"ranked AS MATERIALIZED (select distinct on (id) * from ({union}) as every_one)")  # noqa: S608
    column = "changed" if newest else "score"
    source = "ranked"
    if newest:
        source = "newest"
        many = [*conditions, IS_CUT, *_beyond("d.changed", "d.id", after)]
        newest_rows = f"{_select(row, many)} order by d.changed desc, d.id desc limit %(size)s"
        few = "select * from ranked where (select count(*) from first_ones) < %(most)s"
        parts.append(f"newest AS MATERIALIZED ({few} UNION ALL ({newest_rows}))")
    if after is not None:
        values |= {"value": after.value, "number": after.number}
    page = " AND ".join(_beyond(column, "id", after) or ["true"])
    parts.append(f"page as (select * from {source} where {page} order by {column} desc, id desc limit %(size)s)")  # noqa: S608
    shown = (
        "select (select coalesce(jsonb_agg(hit order by hit.place desc, hit.id desc), '[]') from (select page.id, page."  # noqa: S608
        f"{column} as place, d.kind, d.key, d.type, d.title, d.subtitle, d.text, d.url, d.facets, d.created, d.changed "
        "from page join search_document d on d.id = page.id) as hit), "
        "(select coalesce(jsonb_agg(jsonb_build_array(facet, documents)), '[]') from facets), "
        "(select coalesce(jsonb_object_agg(month, documents), '{}') from months), (select count(*) from first_ones), "
        f"{_exact(findable) if exact else "'[]'::jsonb"}"
    )
    values["exact"] = words.quoted(words.identifier_lexeme(exact))
    return f"with {', '.join([*parts, COUNTS])} {shown}", values | _dates(query)


def _exact(findable: Findable) -> str:
    columns = "d.id, d.kind, d.key, d.type, d.title, d.subtitle, d.text, d.url, d.facets, d.created, d.changed"
    row = _some(columns, ["d.vector @@ %(exact)s::tsquery", *findable.conditions()], str(MAX_NAMED + 1))
    return EXACT.format(row=row)


def _conditions(query: ParsedQuery, findable: Findable) -> list[str]:
    matches = [MATCHES] if query.tsquery() else []
    dates = [("since", "d.created >= %(since)s"), ("before", "d.created < %(before)s")]
    return [*matches, *findable.conditions(), *(text for name, text in dates if getattr(query, name) is not None)]


def _dates(query: ParsedQuery) -> dict[str, datetime | None]:
    return {"since": query.since, "before": query.before}


def _select(row: str, conditions: Sequence[str]) -> str:
    return f"select {row} from search_document d where {' and '.join(conditions)}"  # noqa: S608


def _some(row: str, conditions: Sequence[str], most: str) -> str:
    return f"{_select(row, conditions)} LIMIT {most}"


def _and(*parts: str) -> str:
    return " & ".join(filter(None, parts))


def _beyond(column: str, number: str, after: Place | None) -> list[str]:
    """The condition on rows of a later page."""
    return [] if after is None else [f"({column}, {number}) < (%(value)s, %(number)s)"]


def newer(query: ParsedQuery, findable: Findable, *, beyond: int, most: int) -> tuple[str, dict[str, Any]]:
    """The statement for the numbers of documents that match and came after the one with this number, in their order."""
    values = {**findable.values(), "query": query.tsquery(), "beyond": beyond, "most": most, **_dates(query)}
    conditions = [*_conditions(query, findable), "d.id > %(beyond)s"]
    return f"{_select('d.id', conditions)} order by d.id limit %(most)s", values
