"""Ask the index: a page of hits with counts and one exact hit, words and titles to complete. Only what the reader may know of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from vre_portal.search import statements, words
from vre_portal.search.audiences import Reader, audiences_of
from vre_portal.search.models import IndexChange
from vre_portal.search.query import ParsedQuery
from vre_portal.search.sources import watching
from vre_portal.search.statements import MAX_NAMED, MAX_RANKED, Findable, Place

STATEMENT_TIMEOUT_MS = 3_000
PAGE, MAX_OFFERED, MIN_OFFERED = 20, 8, 2
TITLES = """
SELECT d.title, d.url, d.type, d.subtitle FROM
(SELECT * FROM search_document d WHERE d.vector @@ %(query)s::tsquery AND {conditions} LIMIT 300) AS d
ORDER BY d.is_last, d.boost DESC, length(d.title), d.id LIMIT %(most)s
"""
WORDS = """
SELECT word, sum(documents) AS documents FROM search_word
WHERE word LIKE %(start)s AND audience_id = ANY(%(audiences)s) GROUP BY word ORDER BY 2 DESC, 1 LIMIT %(most)s
"""
# While something waits the counted words may still hold one of an earlier text.
SHOWN_WORDS = """
SELECT word FROM unnest(%(words)s::text[], %(lexemes)s::tsquery[]) AS offered (word, lexeme)
WHERE EXISTS (SELECT FROM search_document d WHERE d.vector @@ lexeme AND word = ANY(d.words) AND {conditions})
"""


@dataclass(frozen=True)
class SearchHit:
    """One document as a page shows it."""

    kind: str
    key: str
    type: str
    title: str
    subtitle: str
    text: str
    url: str
    facets: Sequence[str]
    created: datetime | None
    changed: datetime | None

    def values(self, name: str) -> list[str]:
        """What a facet says of it."""
        return [facet.partition(":")[2] for facet in self.facets if facet.startswith(f"{name}:")]


@dataclass(frozen=True)
class SearchPage:
    """A page of hits, with counts over all that were looked at; `is_cut` where there are more than these."""

    hits: Sequence[SearchHit] = ()
    following: str = ""
    total: int = 0
    is_cut: bool = False
    facets: Sequence[tuple[str, int]] = ()
    months: dict[str, int] = field(default_factory=dict)
    is_updating: bool = False  # whether anything at all waits to be indexed: what it is, and whether it matches, is not told
    named: Sequence[SearchHit] = ()  # the documents that are called as the search is; none where there are many

    @property
    def exact(self) -> SearchHit | None:
        """The only document that is called as the search is."""
        return self.named[0] if len(self.named) == 1 else None


def findable_by(user: Reader) -> Findable:
    """What somebody may find now. The audiences are asked before what waits: what was hidden then, and is shown since, is not found yet."""
    audiences = audiences_of(user)
    waits = IndexChange.objects.exists()
    topics = IndexChange.objects.filter(key="").values_list("topic", flat=True).distinct() if waits else ()
    return Findable(audiences, waits, sorted({source.kind for topic in topics for source in watching(topic)}))


def search(
    query: ParsedQuery, findable: Findable, *, newest: bool = False, size: int = PAGE, after: str = "", exact: str = "",
    timeout_ms: int | None = None,
) -> SearchPage:  # fmt: skip
    """One page of what matches, best or newest first, and with `exact` what is called so. Raises OperationalError where it takes too long."""
    if not query.can_run or not findable.audiences:
        return SearchPage()
    place = decode_place(after, newest=newest)
    statement, values = statements.search(query, findable, newest=newest, size=size, after=place, exact=exact)
    hits, facets, months, count, called = _rows(statement, values, timeout_ms)[0]
    rows, named = _loaded(hits), _loaded(called)
    return SearchPage(
        [_hit(row) for row in rows[:size]],
        encode_place(rows[size - 1]) if len(rows) > size else "",
        min(count, MAX_RANKED),
        count > MAX_RANKED,
        [tuple(pair) for pair in _loaded(facets)],
        dict(_loaded(months)),
        findable.waits,
        [_hit(row) for row in named] if len(named) <= MAX_NAMED else (),
    )


def _rows(statement: str, values: dict[str, Any], timeout_ms: int | None = None) -> list[tuple[Any, ...]]:
    """All rows of a statement, which is ended after that time: it must not slow down others."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"set local statement_timeout = {timeout_ms or STATEMENT_TIMEOUT_MS:d}; {statement}", values)
        cursor.nextset()
        return list(cursor.fetchall())


def _asked(statement: str, findable: Findable, **values: Any) -> list[tuple[Any, ...]]:
    return _rows(statement.format(conditions=" AND ".join(findable.conditions())), findable.values() | values)


def _loaded(value: Any) -> Any:
    """JSON as the database sends it."""
    return json.loads(value) if isinstance(value, str) else value


def _hit(row: dict[str, Any]) -> SearchHit:
    dates: dict[str, Any] = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("created", "changed")}
    facts: dict[str, Any] = {name: row[name] for name in SearchHit.__dataclass_fields__}
    return SearchHit(**(facts | dates))


def encode_place(row: dict[str, Any]) -> str:
    """Where the next page begins, as it stands in an address."""
    return f"{row['place']!r}~{row['id']}".replace("'", "")


def decode_place(text: str, *, newest: bool) -> Place | None:
    """The place that an address names; None for the beginning, and for what is no place."""
    value, mark, number = text.partition("~")
    if not mark or not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    try:
        place: float | datetime = datetime.fromisoformat(value) if newest else float(value)
    except ValueError:
        return None
    if isinstance(place, datetime) and place.tzinfo is None:
        return None
    return Place(place, int(number))


def titles(query: ParsedQuery, findable: Findable) -> list[SearchHit]:
    """Documents whose titles have all words, of the last one the beginning."""
    typed = query.search_words
    filters = [term.tsquery() for term in query.filters]
    if not typed or len(typed[-1]) < MIN_OFFERED or not findable.audiences:
        return []
    lexemes = [words.quoted(f"{words.TITLE}{words.stem(word)}") for word in typed[:-1]]
    lexemes.append(f"{words.quoted(f'{words.TITLE}{typed[-1]}')}:*")
    rows = _asked(TITLES, findable, query=" & ".join([*filters, *lexemes]), most=MAX_OFFERED)
    return [SearchHit("", "", name, title, subtitle, "", url, (), None, None) for title, url, name, subtitle in rows]


def completions(start: str, findable: Findable) -> list[str]:
    """Words that begin so, the most frequent first."""
    if len(start) < MIN_OFFERED or not findable.audiences:
        return []
    offered = [word for word, _ in _asked(WORDS, findable, start=f"{start}%", most=MAX_OFFERED)]
    return shown_words(offered, findable)


def shown_words(offered: Sequence[str], findable: Findable) -> list[str]:
    """Those of the words that a document has which is not about to change."""
    if not offered or not findable.waits:
        return list(offered)
    lexemes = [words.quoted(words.stem(word)) for word in offered]
    kept = {word for (word,) in _asked(SHOWN_WORDS, findable, words=list(offered), lexemes=lexemes)}
    return [word for word in offered if word in kept]


def new_documents(query: ParsedQuery, findable: Findable, *, beyond: int, most: int) -> list[int]:
    """The numbers of what matches and came into the index after that number; the first ones, where there are more."""
    if not query.can_run or not findable.audiences:
        return []
    statement, values = statements.newer(query, findable, beyond=beyond, most=most)
    return [int(number) for (number,) in _rows(statement, values)]
