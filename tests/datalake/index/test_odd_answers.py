"""Answers that no clerk would write: an odd row, a scope without an answer, a lake that goes down. Each costs only itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from datalake.index import worker
from datalake.index.models import IndexedScope, IndexEntry, Problem, SyncRun
from datalake.reads import service_account
from tests.datalake.index.lake import Lake, row, serving_lake
from tests.page_text import text_of
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
GOOD = [f"good{number}" for number in range(8)]
PLACES = [0, 4, 8]  # at the front, in the middle, at the end
Serve = Callable[[Lake], Service]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_account, "token", lambda _: "a-token")


@pytest.fixture
def serve() -> Iterator[Serve]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda lake: stack.enter_context(serving_lake(lake))


def with_bad(place: int, bad: Any) -> list[Any]:
    return [*GOOD[:place], bad, *GOOD[place:]]


def run(lake: Service, **options: Any) -> SyncRun:
    found = worker.sync_index(lake, **options)
    assert found is not None
    return found


def known(scope: str) -> set[str]:
    return set(IndexEntry.objects.filter(scope__name=scope).values_list("name", flat=True))


def noted(part: str) -> list[tuple[str, str]]:
    return list(Problem.objects.filter(part=part).values_list("scope", "name"))


ODD_FACTS: dict[str, Any] = {
    "a size that is a word": row("MIDDLE", "bad", bytes="many"),
    "a length beyond a bigint": row("MIDDLE", "bad", length=10**30),
    "an infinite size": b'{"scope": "MIDDLE", "name": "bad", "did_type": "FILE", "bytes": 1e999, "account": "lead"}',
    "a size of 70 digits": row("MIDDLE", "bad", bytes=10**70),
    "an account of 300 letters": row("MIDDLE", "bad", account="a" * 300),
    "a type of 300 letters": row("MIDDLE", "bad", did_type="F" * 300),
    "no type": {"scope": "MIDDLE", "name": "bad"},
    "no row": b"null",
    "a list": b"[1, 2]",
    "no JSON": b"<html>",
    "another DID": row("OTHER", "x"),
    "a name that is a list": row("MIDDLE", "bad") | {"name": ["bad"]},
    "a word that is no number": b'{"scope": "MIDDLE", "name": "bad", "did_type": "FILE", "project": NaN}',
    "nested a thousand deep": b'{"scope": "MIDDLE", "name": "bad", "did_type": "FILE", "project": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "a refusal": 404,
    "an outage": 500,
}


@pytest.mark.parametrize("what", ODD_FACTS)
@pytest.mark.parametrize("place", PLACES)
def test_an_odd_row_about_a_name_costs_only_that_name(serve: Serve, place: int, what: str) -> None:
    lake = Lake({"FIRST": ["one"], "MIDDLE": with_bad(place, "bad"), "Z_LAST": ["two"]}, facts={"bad": ODD_FACTS[what]})
    assert run(serve(lake)).state == SyncRun.State.DONE
    assert [known(name) for name in lake.scopes] == [{"one"}, set(GOOD), {"two"}]
    assert noted("facts") == [("MIDDLE", "bad")]
    assert Problem.objects.get().reason


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"[" * 3000 + b"]" * 3000])
@pytest.mark.parametrize("place", PLACES)
def test_odd_metadata_cost_only_their_name(serve: Serve, place: int, value: bytes) -> None:
    names = with_bad(place, "bad")
    told: dict[str, Any] = {name: {"scope": "MIDDLE", "name": name, "experiment": "KM3NeT"} for name in names}
    told["bad"] = b'{"scope": "MIDDLE", "name": "bad", "x": ' + value + b"}"
    assert run(serve(Lake({"MIDDLE": names}, words=told))).state == SyncRun.State.DONE
    assert known("MIDDLE") == {*GOOD, "bad"}
    assert IndexEntry.objects.filter(meta__experiment="KM3NeT").count() == len(GOOD)
    assert noted("words") == [("MIDDLE", "bad")]


@pytest.mark.parametrize("bad", ["x" * 501, "", b'"nul\\u0000"', b'"half\\ud800"', 7, None, ["a"], b"<html>"])
@pytest.mark.parametrize("place", PLACES)
def test_a_row_that_is_no_name_costs_only_itself(serve: Serve, place: int, bad: Any) -> None:
    lake = Lake({"FIRST": with_bad(place, bad), "Z_LAST": ["two"]})
    assert run(serve(lake)).state == SyncRun.State.DONE
    assert [known("FIRST"), known("Z_LAST")] == [set(GOOD), {"two"}]
    assert len(noted("name")) == 1
    lake.scopes["FIRST"] = GOOD
    run(serve(lake), full=True)
    assert noted("name") == []


@pytest.mark.parametrize("odd", [None, 7, {"scope": "NOBODYS"}, {"account": "lead"}, ["a"], {"scope": "s" * 80, "account": "lead"}])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_scope_that_cannot_be_one_costs_only_itself(serve: Serve, place: int, odd: Any) -> None:
    owners: list[Any] = [{"scope": "FIRST", "account": "lead"}, {"scope": "SECOND", "account": "lead"}]
    owners.insert(place, odd)
    lake = Lake({"FIRST": ["one"], "SECOND": ["two"]}, owners=owners)
    run(serve(lake))
    assert [known("FIRST"), known("SECOND")] == [{"one"}, {"two"}]
    assert len(noted("scope")) == 1
    lake.owners = None
    run(serve(lake))
    assert noted("scope") == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_scope_that_fails_does_not_hold_up_the_others_and_ages_alone(
    serve: Serve, place: int, signed_in: Callable[[str], Client], known_at_lake: Callable[..., None]
) -> None:
    names = ["A_SP", "B_SP", "C_SP"]
    lake = Lake(dict.fromkeys(names, GOOD))
    at = serve(lake)
    assert run(at).state == SyncRun.State.DONE
    before = dict(IndexedScope.objects.values_list("name", "read_at"))
    lake.failing = {names[place]}
    found = run(at)
    assert (found.state, found.error) == (SyncRun.State.FAILED, "1 of 3 scopes could not be read.")
    after = dict(IndexedScope.objects.values_list("name", "read_at"))
    assert [name for name in names if after[name] == before[name]] == [names[place]]
    problem = Problem.objects.get()
    assert (problem.scope, problem.part) == (names[place], "scope")
    known_at_lake("member")
    client = signed_in("member")
    assert "1 scope cannot be read" in text_of(client.get("/datalake/escape/").content)
    rows = {item["name"]: item for item in client.get("/datalake/escape/?format=json").json()["items"]}
    assert [rows[name]["problem"] is None for name in names] == [number != place for number in range(3)]
    assert rows[names[place]]["as_of"] == before[names[place]].isoformat()  # type: ignore[union-attr]
    assert (
        "1 scope cannot be read"
        in next(item for item in client.get("/status.json").json()["services"] if item["name"] == "escape")["detail"]
    )
    lake.failing = set()
    assert run(at).state == SyncRun.State.DONE
    assert not Problem.objects.exists()
    assert "cannot be read" not in text_of(client.get("/datalake/escape/").content)


@pytest.mark.parametrize("left", [2, 4, 6, 9])
def test_a_lake_that_goes_down_is_not_asked_again_and_again(serve: Serve, left: int, client: Client) -> None:
    lake = Lake({f"S{number:02}": GOOD for number in range(40)}, left=left)
    found = run(serve(lake))
    assert found.state == SyncRun.State.FAILED
    assert len(lake.asked) <= left + 5
    assert not Problem.objects.exclude(part="scope").exists()  # no name is blamed
    detail = next(item for item in client.get("/status.json").json()["services"] if item["name"] == "escape")["detail"]
    assert "is failing" in detail


def test_a_lake_that_goes_down_while_names_are_halved_blames_none(serve: Serve) -> None:
    names = [f"n{number:04}" for number in range(1000)]
    lake = Lake({"A": names, "B": GOOD}, facts={"n0500": 500}, left=12)
    assert run(serve(lake)).state == SyncRun.State.FAILED
    assert not Problem.objects.exclude(part="scope").exists()
    assert len(lake.asked) <= 18


def test_halving_costs_few_questions(serve: Serve) -> None:
    names = [f"n{number:04}" for number in range(1000)]
    lake = Lake({"A": names}, facts={"n0000": 500, "n0500": 404, "n0999": 500})
    assert run(serve(lake)).state == SyncRun.State.DONE
    assert len(known("A")) == 997
    assert len(lake.asked) < 120
    asked = len(lake.asked)
    run(serve(lake))  # those that failed wait: nothing is halved again
    assert len(lake.asked) - asked < 10
