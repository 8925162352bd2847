"""What the index says of single DIDs, for pages that refer to them: asked of the portal's own rows, never of a lake."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

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
    missing_at: datetime | None = None  # the end of the last comparison of all names, if the lake did not have this one

    def fragment_key(self) -> tuple[Any, ...]:
        """All of it, for parts of pages that are kept."""
        return (self.as_of, self.type, self.bytes, self.files, self.title, self.missing_at)


def facts_of(dids: Iterable[DidKey], *, collections: frozenset[DidKey] = frozenset()) -> dict[DidKey, DidFacts]:
    """What is known of each DID; nothing for one of which the index cannot say whether it is there.

    `collections` are known to be datasets or containers: where the index leaves out the files of a scope, only these can be missed.
    Who may see the DIDs is for the caller to know.
    """
    asked = set(dids)
    scopes = {(item.lake, item.name): item for item in _scopes(asked)}
    listed = [did for did in asked if (did.lake, did.scope) in scopes]
    facts: dict[DidKey, DidFacts] = {}
    for entry in _entries(scopes, listed):
        scope = next(item for item in scopes.values() if item.pk == entry.scope_id)
        if not scope.gone:
            facts[DidKey(scope.lake, scope.name, entry.name)] = _present(entry, scope)
    missed = [did for did in listed if did not in facts and _is_complete(scopes[did.lake, did.scope], did in collections)]
    waiting = _not_indexed(scopes, missed) if missed else set()
    for did in missed:
        scope = scopes[did.lake, did.scope]
        if did not in waiting:
            facts[did] = DidFacts(scope.read_at, missing_at=scope.walked_at)
    return facts


def has_scope(lake: str, names: Iterable[str]) -> set[str]:
    """Those of the names that are scopes of the lake, as far as the index knows."""
    return set(IndexedScope.objects.filter(lake=lake, name__in=set(names), gone=False).values_list("name", flat=True))


def _scopes(dids: set[DidKey]) -> Iterable[IndexedScope]:
    wanted = {(did.lake, did.scope) for did in dids}
    if not wanted:
        return []
    rows = IndexedScope.objects.filter(lake__in={lake for lake, _ in wanted}, name__in={name for _, name in wanted})
    return [item for item in rows if (item.lake, item.name) in wanted]


def _entries(scopes: dict[tuple[str, str], IndexedScope], dids: list[DidKey]) -> list[IndexEntry]:
    """Entries of these scopes with one of these names; some of them are of another DID that was not asked about."""
    if not dids:
        return []
    return list(IndexEntry.objects.filter(scope__in=[item.pk for item in scopes.values()], name__in={did.name for did in dids}))


def _present(entry: IndexEntry, scope: IndexedScope) -> DidFacts:
    title = entry.meta.get("title")
    is_collection = entry.type != "FILE"
    return DidFacts(
        scope.read_at, entry.type, entry.size, entry.length if is_collection else None, title[:300] if isinstance(title, str) else ""
    )


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


def _not_indexed(scopes: dict[tuple[str, str], IndexedScope], dids: list[DidKey]) -> set[DidKey]:
    """DIDs that the lake has and the index does not: new ones that wait, and those that could not be read."""
    names = {did.name for did in dids}
    pending = PendingName.objects.filter(scope__in=[item.pk for item in scopes.values()], name__in=names)
    by_pk = {item.pk: item for item in scopes.values()}
    found = {DidKey(by_pk[scope].lake, by_pk[scope].name, name) for scope, name in pending.values_list("scope", "name")}
    failed = Problem.objects.filter(lake__in={did.lake for did in dids}, scope__in={did.scope for did in dids}, name__in=names)
    return found | {DidKey(*row) for row in failed.values_list("lake", "scope", "name")}
