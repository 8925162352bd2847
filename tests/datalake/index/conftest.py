"""Entries of the index that are written by hand, and one lake's visitors."""

from collections.abc import Callable, Iterable

import pytest
from django.core.cache import cache
from django.utils import timezone

from datalake.index import store
from datalake.index.models import Run, Scope
from datalake.rucio.bulk import Facts
from tests.datalake.index.entries import Fill
from vre_portal.iam.models import User


@pytest.fixture
def fill(db: None) -> Fill:
    """`fill("SCOPE", [fact("a"), ...])` writes a scope of the lake `escape` with these entries, and counts them."""

    def write(name: str, facts: Iterable[Facts] = (), lake: str = "escape") -> Scope:
        scope, _ = Scope.objects.get_or_create(lake=lake, name=name, defaults={"walked_at": timezone.now()})
        store.facts(scope, list(facts))
        store.count(scope)
        Run.objects.create(lake=lake, full=False, state=Run.State.DONE)
        Scope.objects.filter(pk=scope.pk).update(read_at=timezone.now())
        return scope

    return write


@pytest.fixture
def known_at_lake(people: dict[str, User]) -> Callable[..., None]:
    """The lake has said of these people that it knows them, and of nobody else."""
    from datalake.memory import remember

    def tell(*names: str) -> None:
        for name, person in people.items():
            remember(f"datalake:account:{person.pk}:escape", name in names)

    cache.clear()
    return tell
