"""Names and words looked up in the index of the search, as the reader may see it: one statement for many names."""

from collections.abc import Collection, Iterable, Sequence

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from projects.models import Project, Resource
from vre_portal.folding import fold
from vre_portal.search import find, words
from vre_portal.search.audiences import Reader
from vre_portal.search.find import SearchHit
from vre_portal.search.models import SearchDocument
from vre_portal.search.query import ParsedQuery, QueryTerm

MAX_HITS, MAX_RESOURCES, TIMEOUT_MS = 300, 400, 2_000
TYPES = ("software", "documentation", "project", "workflow", "dataset", "container")


class LookupFailed(Exception):
    """The index did not answer in time."""


class IndexLookup:
    """What one reader may find of all that some answers name: looked up together, when the first part asks."""

    def __init__(self, reader: Reader, texts: Iterable[str]) -> None:
        self.reader = reader
        self._texts = list(dict.fromkeys(texts))
        self._hits: list[SearchHit] | None = None
        self._resources: list[Resource] | None = None

    def any_of(self, types: Collection[str], texts: Collection[str]) -> list[SearchHit]:
        """Documents of these types that may have the words of one of the texts, the best first. Raises LookupFailed."""
        if not texts:
            return []
        if self._hits is None:
            self._hits = self._search()
        return [hit for hit in self._hits if hit.type in types]

    def resources(self, kind: str) -> list[Resource]:
        """Container images and VO resources of projects that the reader sees: both asked for at once."""
        if self._resources is None:
            visible = Project.objects.visible_to(self.reader)
            rows = Resource.objects.filter(kind__in=(Resource.Kind.ENVIRONMENT, Resource.Kind.IVO), project__in=visible)
            self._resources = list(rows.select_related("project")[:MAX_RESOURCES])
        return [row for row in self._resources if row.kind == kind]

    def _search(self) -> list[SearchHit]:
        wanted = tuple(term for text in self._texts if (term := QueryTerm(text, is_phrase=True)).stems)
        if not wanted:
            return []
        parsed = ParsedQuery(groups=(tuple(QueryTerm(name, "type") for name in TYPES), wanted))
        try:
            return list(find.search(parsed, find.findable_by(self.reader), size=MAX_HITS, timeout_ms=TIMEOUT_MS).hits)
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


def rules_of(documents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By kind and key, who may know of the documents."""
    wanted = set(documents)
    if not wanted:
        return {}
    rows = SearchDocument.objects.filter(kind__in={kind for kind, _ in wanted}, key__in={key for _, key in wanted})
    found = rows.values_list("kind", "key", "audience__rule")
    return {(kind, key): rule for kind, key, rule in found if (kind, key) in wanted}
