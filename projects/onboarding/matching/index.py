"""Names and words looked up in the index of the search, as the reader may see it: one statement for many names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from vre_portal.folding import fold
from vre_portal.search import find, words
from vre_portal.search.audiences import Reader
from vre_portal.search.find import SearchHit
from vre_portal.search.models import SearchDocument
from vre_portal.search.query import ParsedQuery, QueryTerm
from vre_portal.search.statements import Findable

MAX_HITS, TIMEOUT_MS = 60, 2_000


class LookupFailed(Exception):
    """The index did not answer in time."""


@dataclass
class IndexLookup:
    """What one reader may find; asked once for all that a page looks up."""

    reader: Reader
    _findable: Findable | None = field(default=None, repr=False)

    def any_of(self, types: Sequence[str], texts: Iterable[str]) -> list[SearchHit]:
        """Documents of these types that have all words of one of the texts, the best first. Raises LookupFailed."""
        wanted = tuple(term for text in texts if (term := QueryTerm(text, is_phrase=True)).stems)
        if not wanted:
            return []
        parsed = ParsedQuery(groups=(tuple(QueryTerm(name, "type") for name in types), wanted))
        if self._findable is None:
            self._findable = find.findable_by(self.reader)
        try:
            return list(find.search(parsed, self._findable, size=MAX_HITS, timeout_ms=TIMEOUT_MS).hits)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            raise LookupFailed from error


def naming(hits: Iterable[SearchHit], text: str) -> list[SearchHit]:
    """Those of the hits that say the text: in their title first, then elsewhere."""
    stems = _stems(text)
    inside = [(hit, _stems(hit.title), _stems(f"{hit.title} {hit.subtitle} {hit.text} {' '.join(hit.facets)}")) for hit in hits]
    first = [hit for hit, title, _ in inside if _has(title, stems)]
    return [*first, *(hit for hit, title, whole in inside if not _has(title, stems) and _has(whole, stems))]


def _stems(text: str) -> list[str]:
    return [words.stem(word) for word in words.words(fold(text))]


def _has(whole: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the words stand in the text one after the other."""
    length = len(part)
    return bool(length) and any(list(whole[start : start + length]) == list(part) for start in range(len(whole) - length + 1))


def rules_of(hits: Iterable[SearchHit]) -> dict[tuple[str, str], str]:
    """By kind and key, who may know of the documents."""
    wanted = {(hit.kind, hit.key) for hit in hits}
    rows = SearchDocument.objects.filter(kind__in={kind for kind, _ in wanted}, key__in={key for _, key in wanted})
    found = rows.values_list("kind", "key", "audience__rule")
    return {(kind, key): rule for kind, key, rule in found if (kind, key) in wanted}
