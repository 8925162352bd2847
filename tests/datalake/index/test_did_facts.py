"""What the index says of single DIDs, and when one is missing: only after a comparison of all names, and never one that waits."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datalake.index.did_facts import DidKey, facts_of
from datalake.index.models import IndexedScope, PendingName, Problem
from tests.datalake.index.entries import Fill, fact

pytestmark = pytest.mark.django_db


def key(name: str, scope: str = "KM3NET") -> DidKey:
    return DidKey("escape", scope, name)


def test_sizes_files_and_age_are_those_of_the_index(fill: Fill) -> None:
    scope = fill("KM3NET", [fact("a.fits", bytes=10), fact("set", type="DATASET", bytes=2**70, length=3)])
    facts = facts_of([key("a.fits"), key("set")])
    scope.refresh_from_db()
    assert (facts[key("a.fits")].bytes, facts[key("a.fits")].files) == (10, None)
    assert (facts[key("set")].bytes, facts[key("set")].files, facts[key("set")].type) == (2**70, 3, "DATASET")
    assert {item.as_of for item in facts.values()} == {scope.read_at}


def test_a_name_is_missing_only_after_a_comparison_of_all_names(fill: Fill) -> None:
    scope = fill("KM3NET", [fact("a")])
    assert facts_of([key("gone")])[key("gone")].missing_at is not None
    IndexedScope.objects.filter(pk=scope.pk).update(walked_at=None)
    assert facts_of([key("gone")]) == {}
    assert facts_of([key("x", "NO_SUCH_SCOPE")]) == {}


def test_a_did_that_is_asked_about_twice_is_there_twice(fill: Fill) -> None:
    fill("KM3NET", [fact("a")])
    fill("OTHER", [fact("a")])
    facts = facts_of([key("a"), key("a"), key("a", "OTHER")])
    assert [item.missing_at for item in facts.values()] == [None, None]


def test_the_same_name_in_another_scope_does_not_count(fill: Fill) -> None:
    fill("KM3NET", [fact("a")])
    fill("OTHER", [fact("b")])
    assert facts_of([key("b"), key("b", "OTHER")])[key("b")].missing_at is not None


def test_what_waits_or_could_not_be_read_is_not_missing(fill: Fill) -> None:
    scope = fill("KM3NET", [])
    PendingName.objects.create(scope=scope, name="new", words=False)
    Problem.objects.create(lake="escape", scope="KM3NET", part=Problem.Part.FACTS, name="odd", reason="unreadable")
    assert facts_of([key("new"), key("odd")]) == {}


def test_a_file_is_not_missed_where_files_are_not_indexed(fill: Fill, lake_options: Callable[..., None]) -> None:
    lake_options(index_files=[])
    fill("KM3NET", [])
    assert facts_of([key("file")]) == {}
    assert facts_of([key("set")], collections=frozenset({key("set")}))[key("set")].missing_at is not None


def test_all_of_a_scope_that_is_gone_is_missing(fill: Fill) -> None:
    scope = fill("KM3NET", [fact("a")])
    IndexedScope.objects.filter(pk=scope.pk).update(gone=True)
    assert facts_of([key("a")])[key("a")].missing_at is not None


def test_many_cost_as_much_as_few(fill: Fill) -> None:
    fill("KM3NET", [fact(f"n{number}") for number in range(0, 500, 2)])
    with CaptureQueriesContext(connection) as queries:
        facts = facts_of(key(f"n{number}") for number in range(500))
    assert (len(facts), sum(item.missing_at is not None for item in facts.values())) == (500, 250)
    assert len(queries) <= 4
    assert timezone.now() >= max(item.as_of for item in facts.values() if item.as_of)
