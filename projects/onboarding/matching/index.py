"""Names and words looked up in the index of the search, as the reader may see it: one statement for many names."""

from collections.abc import Collection, Iterable
from enum import IntEnum

from django.db import OperationalError
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from catalog.software.models import Harvest
from projects.models import Project, Resource
from projects.onboarding.matching import names
from projects.onboarding.matching.needs import Match
from vre_portal.pages import SharedValue
from vre_portal.search import find
from vre_portal.search.audiences import Reader
from vre_portal.search.find import SearchHit
from vre_portal.search.models import SearchDocument, SourceComparison
from vre_portal.search.query import ParsedQuery, QueryTerm
from vre_portal.services import ServiceKind, services

MAX_HITS, MAX_RESOURCES, TIMEOUT_MS = 300, 400, 2_000
TYPES = ("software", "documentation", "project", "workflow", "dataset", "container")


class LookupFailed(Exception):
    """The index did not answer in time."""


def _read_once() -> set[tuple[str, str]]:
    """Which sources were indexed to their end, and which catalogues harvested, ever."""
    indexed = SourceComparison.objects.values_list("kind", flat=True)
    return {("index", kind) for kind in indexed} | {
        ("harvest", name) for name in Harvest.objects.done().order_by().values_list("service", flat=True).distinct()
    }


read_once = SharedValue(_read_once, "software", "search")


class IndexLookup:
    """What one reader may find of all that some answers name: looked up together, when the first part asks."""

    def __init__(self, reader: Reader, texts: Iterable[str]) -> None:
        self.reader = reader
        self._texts = list(dict.fromkeys(part for text in texts for part in names.alternatives(text)))
        self._hits: list[SearchHit] | None = None
        self._is_failed = False  # asked once: it would take as long again for each part
        self._resources: list[Resource] | None = None
        self.images: list[Match] | None = None  # known container images, looked up when the first part asks

    def any_of(self, types: Collection[str], texts: Collection[str]) -> list[SearchHit]:
        """Documents of these types that may have the words of one of the texts, the best first. Raises LookupFailed."""
        if not texts:
            return []
        if self._is_failed:
            raise LookupFailed
        if self._hits is None:
            self._is_failed = True
            self._hits = self._search()
            self._is_failed = False
        return [hit for hit in self._hits if hit.type in types]

    def resources(self, kind: str) -> list[Resource]:
        """Container images and VO resources of projects that the reader sees: both asked for at once."""
        if self._resources is None:
            visible = Project.objects.visible_to(self.reader)
            rows = Resource.objects.filter(kind__in=(Resource.Kind.ENVIRONMENT, Resource.Kind.IVO), project__in=visible)
            self._resources = list(rows.select_related("project")[:MAX_RESOURCES])
        return [row for row in self._resources if row.kind == kind]

    def is_awaited(self, *kinds: str) -> bool:
        """Whether sources were never read to their end: what is not found of them may still come."""
        wanted = {("index", kind) for kind in kinds}
        if "software" in kinds:  # the catalogue is indexed as it is: empty, as long as nothing was harvested
            wanted |= {("harvest", item.name) for item in services(ServiceKind.ZENODO)}
        return not wanted <= read_once()

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


def being_indexed() -> str:
    """Said where a source was never indexed to its end."""
    return _("The portal is being indexed for the first time. Open this page again in a few minutes.")


class Said(IntEnum):
    """Where a document says a name, the best first."""

    NAME = 0  # it is called so
    TITLE = 1
    KEYWORD = 2
    TEXT = 3


def where_said(hit: SearchHit, name: str) -> Said | None:
    """The best place at which a document says the name; None where it does not."""
    if names.is_called(hit.title, name):
        return Said.NAME
    if names.says(hit.title, name):
        return Said.TITLE
    if any(names.is_called(keyword, name) for keyword in hit.values("keyword")):
        return Said.KEYWORD
    return Said.TEXT if names.says(f"{hit.title} {hit.subtitle} {hit.text} {' '.join(hit.facets)}", name) else None


def saying(hits: Iterable[SearchHit], name: str, least: Said = Said.TEXT) -> list[tuple[SearchHit, Said]]:
    """The documents that say the name at this place or a better one, the best first."""
    found = [(hit, place) for hit in hits if (place := where_said(hit, name)) is not None and place <= least]
    return sorted(found, key=lambda pair: pair[1])


def rules_of(documents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By kind and key, who may know of the documents."""
    wanted = set(documents)
    if not wanted:
        return {}
    rows = SearchDocument.objects.filter(kind__in={kind for kind, _key in wanted}, key__in={key for _kind, key in wanted})
    found = rows.values_list("kind", "key", "audience__rule")
    return {(kind, key): rule for kind, key, rule in found if (kind, key) in wanted}
