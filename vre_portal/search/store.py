"""Write documents into the index: what changed, what is gone, and the words that are offered; all of it in the caller's transaction."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from vre_portal.folding import fold, visible
from vre_portal.search import words
from vre_portal.search.models import SearchAudience, SearchDocument, SearchWord
from vre_portal.search.sources import MAX_MORE, MAX_TEXT, MAX_TITLE, SearchItem

COLUMNS = (
    "type", "title", "subtitle", "text", "url", "facets", "words", "depends", "audience", "created", "changed", "boost", "is_last",
    "digest", "vector",
)  # fmt: skip
MAX_OFFERED, MAX_OFFERED_OF_TEXT = 200, 60
ADD_WORDS = """
INSERT INTO search_word (word, audience_id, documents)
SELECT word, audience_id, change FROM unnest(%s::text[], %s::bigint[], %s::int[]) AS more (word, audience_id, change) WHERE change > 0
ON CONFLICT (word, audience_id) DO UPDATE SET documents = search_word.documents + excluded.documents
"""
REMOVE_WORDS = """
UPDATE search_word SET documents = greatest(search_word.documents + change, 0)
FROM unnest(%s::text[], %s::bigint[], %s::int[]) AS less (word, audience_id, change)
WHERE change < 0 AND search_word.word = less.word AND search_word.audience_id = less.audience_id
"""
COUNT_WORDS = """
INSERT INTO search_word (word, audience_id, documents)
SELECT word, audience_id, count(*) FROM search_document, unnest(words) AS word GROUP BY word, audience_id
"""


def clean(text: str, most: int) -> str:
    """Text as the index keeps it: on one line, without what nobody sees, cut."""
    return " ".join(visible(text).split())[:most]


def document_of(kind: str, item: SearchItem) -> SearchDocument:
    """The row of an item; its audience is set when it is written."""
    title, subtitle = clean(item.title, MAX_TITLE), clean(item.subtitle, 400)
    text, more = clean(item.text, MAX_TEXT), clean(item.words, MAX_MORE)
    own = words.identifier_lexeme(title)
    facets = {"type": [item.type], **item.facets}
    if item.created is not None:
        facets["year"] = [str(item.created.year)]
    named = [(name, value) for group in (facets, item.filters) for name, values in group.items() for value in values if value]
    marks = [words.filter_lexeme(*pair) for pair in named] + sorted(words.title_lexemes(title))
    marks += [own, *map(words.identifier_lexeme, item.identifiers)] + ([words.TOP] if item.is_top else [])
    vector = words.vector((("A", title), ("B", subtitle), ("C", text), ("D", more)), marks)
    row = SearchDocument(
        kind=kind, key=item.key, type=item.type, title=title or item.key[:MAX_TITLE], subtitle=subtitle, text=text, url=item.url[:2_000],
        facets=[f"{name}:{value}" for name, values in facets.items() for value in distinct(values)],
        words=offered(f"{title} {subtitle} {more}", text), depends=sorted({f"{kind}:{item.key}", *item.depends}),
        created=item.created, changed=item.changed or item.created or timezone.now(), boost=item.boost, is_last=item.is_last, vector=vector,
    )  # fmt: skip
    row.digest = digest_of(row, item)
    return row


def distinct(values: Iterable[str]) -> list[str]:
    """The values cleaned, of those that differ in case or accents alone the first."""
    kept: dict[str, str] = {}
    for value in (clean(value, 200) for value in values):
        kept.setdefault(fold(value), value)
    return [value for value in kept.values() if value]


def digest_of(row: SearchDocument, item: SearchItem) -> str:
    """Another one for each state of a document."""
    names = ("type", "title", "subtitle", "text", "url", "facets", "words", "depends", "boost", "is_last", "vector")
    values = [*(getattr(row, name) for name in names), item.audience, str(item.created), str(item.changed)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def offered(short: str, text: str) -> list[str]:
    """The words that a document offers to those who type: all of its short texts, the first of its long one."""
    first = dict.fromkeys(islice(_long_words(short), MAX_OFFERED))
    return sorted(first | dict.fromkeys(islice(_long_words(text), MAX_OFFERED_OF_TEXT)))


def _long_words(text: str) -> Iterable[str]:
    return (word for word in words.words(text) if len(word) > 2 and not word.isdecimal())


def save(kind: str, items: Mapping[str, SearchItem], keys: Sequence[str]) -> int:
    """Make the index have exactly these documents for these keys; returns how many rows were written or removed."""
    old = {row.key: row for row in SearchDocument.objects.filter(kind=kind, key__in=keys).only("key", "digest", "words", "audience_id")}
    rows = [document_of(kind, item) for item in items.values()]
    rows = [row for row in rows if row.key not in old or old[row.key].digest != row.digest]
    gone = [row for key, row in old.items() if key not in items]
    for row, number in zip(rows, _audiences([items[row.key].audience for row in rows]), strict=True):
        row.audience_id = number
    replaced = [old[row.key] for row in rows if row.key in old]
    if rows:
        SearchDocument.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["kind", "key"], update_fields=COLUMNS
        )
    if gone:
        SearchDocument.objects.filter(pk__in=[row.pk for row in gone]).delete()
    _count([*replaced, *gone], rows)
    return len(rows) + len(gone)


def _audiences(rules: Sequence[str]) -> list[int]:
    """The numbers of rules, in the same order; those of new ones are made."""
    SearchAudience.objects.bulk_create([SearchAudience(rule=text) for text in dict.fromkeys(rules)], ignore_conflicts=True)
    numbers: dict[str, int] = dict(SearchAudience.objects.filter(rule__in=set(rules)).values_list("rule", "pk"))
    return [numbers[text] for text in rules]


def _count(less: Iterable[SearchDocument], more: Iterable[SearchDocument]) -> None:
    """Count the words of rows that are gone, and of those that came."""
    changes: Counter[tuple[str, int]] = Counter()
    for rows, step in ((less, -1), (more, 1)):
        for row in rows:
            for word in row.words:
                changes[word, row.audience_id] += step
    pairs = sorted(pair for pair, change in changes.items() if change)
    if not pairs:
        return
    values: list[list[Any]] = [[word for word, _ in pairs], [number for _, number in pairs], [changes[pair] for pair in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(ADD_WORDS, values)
        cursor.execute(REMOVE_WORDS, values)
    SearchWord.objects.filter(documents=0).delete()


def count_words() -> None:
    """Count all words anew, and drop rules that no document has."""
    SearchWord.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_WORDS)
        cursor.execute(
            "DELETE FROM search_audience WHERE NOT EXISTS "  # untranslated: SQL
            "(SELECT FROM search_document WHERE audience_id = search_audience.id)"
        )
