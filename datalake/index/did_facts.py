"""What the index says of single DIDs, for pages that refer to them: asked of the portal's own rows, never of a lake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from datalake.index.models import IndexedScope, IndexEntry, PendingName, Problem
from vre_portal.services import ServiceKind, UnknownService, service


class DidKey(NamedTuple):
    """A DID of one lake."""

    lake: str  # its name in services.toml
    scope: str
    name: str


@dataclass(frozen=True)
class DidFacts:
    """What the index has of a DID, or since when it is known to be missing."""

    as_of: datetime | None  # the time at which the lake was as the index says
    type: str = ""
    bytes: int | None = None
    files: int | None = None
    title: str = ""
    sized_at: datetime | None = None  # when the lake said its size and number of files: of open collections it is asked now and then only
    missing_at: datetime | None = None  # the end of the last comparison of all names, if the lake did not have this one

    def fragment_key(self) -> tuple[Any, ...]:
        """All of it, for parts of pages that are kept."""
        return (self.as_of, self.type, self.bytes, self.files, self.title, self.sized_at, self.missing_at)


def facts_of(dids: Iterable[DidKey], *, collections: frozenset[DidKey] = frozenset()) -> dict[DidKey, DidFacts]:
    """What is known of each DID; nothing for one of which the index cannot say whether it is there.

    `collections` are known to be datasets or containers: where the index leaves out the files of a scope, only these can be missed.
    Who may see the DIDs is for the caller to know.
    """
    wanted = set(dids)
    facts = {did: _present(entry) for entry in _entries(wanted) if (did := _key(entry)) in wanted and not entry.scope.gone}
    missed = wanted - facts.keys()
    scopes = {(item.lake, item.name): item for item in _scopes(missed)}
    for did in missed:
        scope = scopes.get((did.lake, did.scope))
        if scope is not None and _is_complete(scope, did in collections) and did.name not in {*scope.waiting, *scope.failing}:
            facts[did] = DidFacts(scope.read_at, missing_at=scope.walked_at)
    return facts


def metadata_of(dids: Iterable[DidKey]) -> Iterable[tuple[DidKey, Mapping[str, Any]]]:
    """Those of the DIDs that the index has, with their metadata."""
    wanted = set(dids)
    return ((did, entry.meta) for entry in _entries(wanted) if (did := _key(entry)) in wanted and not entry.scope.gone)


def has_scope(lake: str, names: Iterable[str]) -> set[str]:
    """Those of the names that are scopes of the lake, as far as the index knows."""
    return set(IndexedScope.objects.filter(lake=lake, name__in=set(names), gone=False).values_list("name", flat=True))


def is_indexed(lake: str) -> bool:
    """Whether all scopes that the portal knows of the lake were read at least once, and there are some."""
    rows = IndexedScope.objects.filter(lake=lake, gone=False)
    return rows.exists() and not rows.filter(walked_at=None).exists()


def _entries(dids: set[DidKey]) -> Iterable[IndexEntry]:
    """Entries that have one of the names in one of the scopes; some of them are other DIDs than those asked about."""
    if not dids:
        return ()
    places = {"scope__lake__in": {did.lake for did in dids}, "scope__name__in": {did.scope for did in dids}}
    return IndexEntry.objects.filter(name__in={did.name for did in dids}, **places).select_related("scope")


def _key(entry: IndexEntry) -> DidKey:
    return DidKey(entry.scope.lake, entry.scope.name, entry.name)


def _scopes(dids: set[DidKey]) -> Iterable[Any]:
    """The scopes of these DIDs, each with the names among them that the lake has and the index does not: new ones, and those that fail."""
    if not dids:
        return ()
    names = {did.name for did in dids}
    waiting = PendingName.objects.filter(scope=OuterRef("pk"), name__in=names).values("name")
    failing = Problem.objects.filter(lake=OuterRef("lake"), scope=OuterRef("name"), name__in=names).values("name")
    asked = IndexedScope.objects.filter(lake__in={did.lake for did in dids}, name__in={did.scope for did in dids})
    return asked.annotate(waiting=ArraySubquery(waiting), failing=ArraySubquery(failing))


def _present(entry: IndexEntry) -> DidFacts:
    title, is_collection = entry.meta.get("title"), entry.type != "FILE"
    files = entry.length if is_collection else None
    title, sized_at = title[:300] if isinstance(title, str) else "", entry.measured if entry.open else entry.scope.read_at
    return DidFacts(entry.scope.read_at, entry.type, entry.size, files, title, sized_at)


def _is_complete(scope: IndexedScope, is_collection: bool) -> bool:
    """Whether all names of this sort were compared with the lake at least once."""
    if not scope.ready:
        return False
    if is_collection:
        return True
    try:
        patterns = service(ServiceKind.RUCIO, scope.lake).options.get("index_files", ["*"])
    except UnknownService:
        return False
    return any(fnmatchcase(scope.name, pattern) for pattern in patterns)
