"""Names and sizes that Rucio or the database will not take, really in the stack's Rucio: each costs only itself."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake import rucio as door
from datalake.index import worker
from datalake.index.models import IndexedScope, IndexEntry, PendingName, Problem, SyncRun
from tests.devstack import rucio_core
from tests.page_text import text_of
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db]
BAD = {"hash#1", "50%", ".zenodo.json", "a\nb", "zz*"}  # real lakes hold such names; Rucio refuses a question that has one of them
GOOD = {"a/first.fits", "hash", "middle.fits", "zzz.last"}
LARGE = 2**63 - 1


@pytest.fixture(scope="module")
def scopes() -> Iterator[list[str]]:
    """Three scopes of the lake, in their order."""
    made = [f"t.{uuid.uuid4().hex[:8]}.{number}" for number in range(3)]
    yield made
    for name in made:
        rucio_core.delete(name)


@pytest.fixture
def lake(scopes: list[str], monkeypatch: pytest.MonkeyPatch) -> Service:
    """The stack's lake, of which only these scopes are looked at; they are empty."""
    real = door.list_scopes
    monkeypatch.setattr(door, "list_scopes", lambda *asked: [item for item in real(*asked) if item.name in scopes])
    for name in scopes:
        rucio_core.delete(name)
        rucio_core.add(name, [])
    return service(ServiceKind.RUCIO, "escape")


def known(scope: str) -> set[str]:
    return set(IndexEntry.objects.filter(scope__name=scope).values_list("name", flat=True))


def noted(scope: str) -> set[str]:
    return set(Problem.objects.filter(scope=scope).values_list("name", flat=True))


def run(lake: Service, **options: Any) -> SyncRun:
    found = worker.sync_index(lake, **options)
    assert found is not None
    return found


def let_pauses_end() -> None:
    Problem.objects.update(retry_at=timezone.now())


@pytest.mark.parametrize("place", [0, 1, 2])
def test_bad_names_cost_only_themselves_and_leave_the_list_when_they_are_deleted(lake: Service, scopes: list[str], place: int) -> None:
    for number, scope in enumerate(scopes):
        rucio_core.add(scope, BAD | GOOD if number == place else GOOD)
    assert run(lake).state == SyncRun.State.DONE
    assert [known(scope) for scope in scopes] == [GOOD] * 3
    assert [noted(scope) for scope in scopes] == [BAD if number == place else set() for number in range(3)]
    problem = Problem.objects.get(name="hash#1")
    assert "hash#1" in problem.reason
    assert problem.tries == 1
    assert timedelta(minutes=4) < problem.retry_at - problem.since < timedelta(minutes=6)
    let_pauses_end()
    run(lake)
    again = Problem.objects.get(name="hash#1")
    assert (again.tries, again.since) == (2, problem.since)
    assert again.retry_at - again.failed_at > timedelta(minutes=9)
    rucio_core.delete(scopes[place], BAD)
    let_pauses_end()
    assert run(lake).state == SyncRun.State.DONE
    assert not Problem.objects.exists()
    assert [known(scope) for scope in scopes] == [GOOD] * 3


def test_bad_names_among_those_that_wait_cost_only_themselves(lake: Service, scopes: list[str]) -> None:
    run(lake)
    for scope in scopes:
        rucio_core.add(scope, BAD | GOOD)
        rucio_core.describe(scope, ".zenodo.json", experiment="KM3NeT")
        rucio_core.describe(scope, "zzz.last", experiment="KM3NeT")
    assert run(lake).state == SyncRun.State.DONE
    assert [known(scope) for scope in scopes] == [GOOD] * 3
    assert not PendingName.objects.exists()
    assert {item.meta["experiment"] for item in IndexEntry.objects.filter(name="zzz.last")} == {"KM3NeT"}
    assert Problem.objects.filter(part=Problem.Part.FACTS).count() == 3 * len(BAD)
    assert Problem.objects.filter(part=Problem.Part.WORDS).count() == 3
    for scope in scopes:
        rucio_core.delete(scope, BAD)
    assert run(lake, full=True).state == SyncRun.State.DONE  # a pass over all names notices it without waiting for the pauses
    assert not Problem.objects.exists()


def test_names_that_wait_from_before_do_not_stop_the_index(lake: Service, scopes: list[str]) -> None:
    run(lake)
    first = IndexedScope.objects.get(name=scopes[0])
    rucio_core.add(scopes[2], GOOD)
    PendingName.objects.bulk_create(PendingName(scope=first, name=name, words=False) for name in BAD)  # of which none is in the lake
    assert run(lake).state == SyncRun.State.DONE
    assert known(scopes[2]) == GOOD
    let_pauses_end()
    run(lake)
    assert not Problem.objects.exists()


def test_a_size_beyond_a_bigint_is_kept_and_shown_exactly(
    lake: Service, scopes: list[str], signed_in: Callable[[str], Client], known_at_lake: Callable[..., None]
) -> None:
    rucio_core.add(scopes[0], ["one", "two"], size=LARGE)
    rucio_core.add(scopes[0], ["zlarge"], type="DATASET")
    rucio_core.attach(scopes[0], "zlarge", ["one", "two"])
    rucio_core.add(scopes[2], GOOD)
    assert run(lake).state == SyncRun.State.DONE
    assert known(scopes[2]) == GOOD
    # Rucio sends the sum of an open collection as a floating-point number: it is shown as it was sent.
    assert IndexEntry.objects.get(name="zlarge").size == int(float(2 * LARGE))
    assert IndexedScope.objects.get(name=scopes[0]).bytes == 2 * LARGE
    known_at_lake("member")
    client = signed_in("member")
    rows = client.get(f"/datalake/escape/?scope={scopes[0]}&sort=-size&format=json").json()["items"]
    assert {item["name"]: item["bytes"] for item in rows} == {"one": LARGE, "two": LARGE, "zlarge": int(float(2 * LARGE))}
    assert rows[0]["bytes"] >= LARGE
    assert [item["bytes"] for item in client.get("/datalake/escape/?format=json").json()["items"] if item["name"] == scopes[0]] == [
        2 * LARGE
    ]
    assert "18.4 EB" in text_of(client.get(f"/datalake/escape/?scope={scopes[0]}").content)
    before = IndexEntry.objects.get(name="zlarge").measured
    IndexEntry.objects.update(measured=None)
    assert run(lake).changed == 0
    assert IndexEntry.objects.get(name="zlarge").measured != before


def test_pages_say_what_is_missing_since_when_and_why(
    lake: Service, scopes: list[str], signed_in: Callable[[str], Client], known_at_lake: Callable[..., None]
) -> None:
    rucio_core.add(scopes[1], {"hash#1", "good"})
    run(lake)
    known_at_lake("member")
    client = signed_in("member")
    assert "1 name cannot be indexed" in text_of(client.get("/datalake/escape/").content)
    page = text_of(client.get("/datalake/escape/index/").content)
    assert "hash#1" in page
    assert "rule for names does not allow" in page
    rows = client.get("/datalake/escape/index/?format=json").json()["items"]
    assert [(row["scope"], row["name"], row["part"]) for row in rows] == [(scopes[1], "hash#1", "facts")]
    detail = next(item for item in client.get("/status.json").json()["services"] if item["kind"] == "rucio")
    assert "1 name in 1 scope cannot be indexed" in detail["detail"]
    assert scopes[1] not in detail["detail"]  # not a public scope: strangers read this page
    assert detail["page"].endswith("/datalake/escape/index/")
    assert "1 name in 1 scope cannot be indexed" in text_of(client.get("/status/").content)
    stranger = signed_in("anonymous")
    assert "hash#1" not in text_of(stranger.get("/datalake/escape/index/").content)
    assert "cannot be indexed" not in text_of(stranger.get("/datalake/escape/").content)
