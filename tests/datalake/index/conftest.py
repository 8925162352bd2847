"""Entries of the index that are written by hand, and one lake's visitors."""

from collections.abc import Callable, Iterable

import pytest
from django.core.cache import cache
from django.utils import timezone

from datalake.index import store
from datalake.index.models import IndexedScope, SyncRun
from datalake.rucio.bulk import DidRecord
from tests.datalake.index.entries import Fill
from vre_portal.iam.models import User


@pytest.fixture
def fill(db: None) -> Fill:
    """`fill("SCOPE", [fact("a"), ...])` writes a scope of the lake `escape` with these entries, and counts them."""

    def write(name: str, facts: Iterable[DidRecord] = (), lake: str = "escape") -> IndexedScope:
        scope, _ = IndexedScope.objects.get_or_create(lake=lake, name=name, defaults={"walked_at": timezone.now()})
        store.save_facts(scope, list(facts))
        store.count(scope)
        SyncRun.objects.create(lake=lake, full=False, state=SyncRun.State.DONE)
        IndexedScope.objects.filter(pk=scope.pk).update(read_at=timezone.now())
        return scope

    return write


@pytest.fixture
def known_at_lake(people: dict[str, User]) -> Callable[..., None]:
    """The lake has said of these people that it knows them, and of nobody else."""
    from datalake.reads import read_cache

    def tell(*names: str) -> None:
        for name, person in people.items():
            read_cache.store(f"datalake:account:{person.pk}:escape", name in names)

    cache.clear()
    return tell
