"""Filling the index from the stack's real Rucio: all of it, what is new, what was said, what is gone, and after a kill."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake.index import scope_sync, store, worker
from datalake.index.models import IndexedScope, IndexEntry, PendingName, ScannedName, SyncRun
from datalake.reads import service_account
from datalake.rucio import bulk
from tests.devstack.rucio_client import rucio, unique
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db]
SCOPE = "user.member"


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Service:
    """The stack's lake, of which one scope is looked at."""
    from datalake.rucio.types import OwnedScope

    monkeypatch.setattr("datalake.rucio.list_scopes", lambda *_: [OwnedScope(SCOPE, "member")])
    monkeypatch.setattr(scope_sync, "MAX_MEASURED", 50)  # other tests leave open ones, too
    return service(ServiceKind.RUCIO, "escape")


def make(names: list[str], kind: str = "DATASET") -> None:
    for begin in range(0, len(names), 500):
        body = [{"scope": SCOPE, "name": name, "type": kind} for name in names[begin : begin + 500]]
        assert rucio("member", "POST", "/dids", json=body).status_code == 201


def describe(name: str, **words: Any) -> None:
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}/meta", json={"meta": words}).status_code == 201


def known(prefix: str) -> set[str]:
    return set(IndexEntry.objects.filter(name__startswith=prefix).values_list("name", flat=True))


def run(lake: Service, **options: Any) -> SyncRun:
    found = worker.sync_index(lake, **options)
    assert found is not None
    assert (found.state, found.error) == (SyncRun.State.DONE, "")
    return found


def test_the_first_run_knows_all_and_the_next_ones_cost_what_changed(lake: Service) -> None:
    prefix = unique("fill")
    make([f"{prefix}.{number}" for number in range(30)])
    describe(f"{prefix}.1", experiment="KM3NeT", run=5, good=True)
    run(lake)
    assert len(known(prefix)) == 30
    entry = IndexEntry.objects.get(name=f"{prefix}.1")
    assert (entry.type, entry.account, entry.open, entry.scope.name) == ("DATASET", "member", True, SCOPE)
    assert entry.meta == {"experiment": "KM3NeT", "run": 5, "good": True}
    assert (timezone.now() - entry.created) < timedelta(minutes=2)
    IndexedScope.objects.update(names_until=timezone.now() + scope_sync.OVERLAP, words_until=timezone.now() + scope_sync.OVERLAP)
    make([f"{prefix}.new"])
    describe(f"{prefix}.2", run=6)
    IndexedScope.objects.update(names_until=entry.created + scope_sync.OVERLAP, words_until=entry.created + scope_sync.OVERLAP)
    second = run(lake)
    assert f"{prefix}.new" in known(prefix)
    assert IndexEntry.objects.get(name=f"{prefix}.2").meta == {"run": 6}
    assert second.read < 40
    assert not PendingName.objects.exists()


def test_a_word_that_was_taken_back_is_gone_and_a_changed_one_changed(lake: Service) -> None:
    name = unique("words")
    make([name])
    describe(name, one=1, two="two")
    run(lake)
    assert rucio("member", "DELETE", f"/dids/{SCOPE}/{name}/meta", params={"key": "one"}).status_code == 200
    describe(name, two="changed")
    run(lake)
    assert IndexEntry.objects.get(name=name).meta == {"two": "changed"}


def test_a_closed_dataset_has_its_size_and_an_open_one_too(lake: Service) -> None:
    from tests.devstack.rucio_client import upload

    name = unique("sized")
    make([name])
    file = upload("member", SCOPE, b"twelve bytes")
    assert rucio("member", "POST", f"/dids/{SCOPE}/{name}/dids", json={"dids": [{"scope": SCOPE, "name": file}]}).status_code == 201
    run(lake)
    entry = IndexEntry.objects.get(name=name)
    assert (entry.open, entry.bytes, entry.length) == (True, 12, 1)
    assert rucio("member", "PUT", f"/dids/{SCOPE}/{name}/status", json={"open": False}).status_code == 200
    run(lake)
    entry.refresh_from_db()
    assert (entry.open, entry.bytes, entry.length) == (False, 12, 1)


def test_what_is_gone_is_noticed_by_the_slow_pass_and_nothing_else_is_dropped(lake: Service) -> None:
    prefix = unique("gone")
    make([f"{prefix}.{number}" for number in range(5)])
    run(lake)
    scope = IndexedScope.objects.get(name=SCOPE)
    with_ghost = scope.entries.count() + 1
    IndexEntry.objects.create(scope=scope, name=f"{prefix}.ghost", type="DATASET", created=timezone.now())
    run(lake)
    assert scope.entries.count() == with_ghost
    found = run(lake, full=True)
    assert (found.removed, scope.entries.count()) == (1, with_ghost - 1)
    assert known(prefix) == {f"{prefix}.{number}" for number in range(5)}
    assert not ScannedName.objects.exists()


class Killed(BaseException):
    """The end of a process, as far as one can have it in a test."""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """`killed(3)`: the third stretch is not written any more."""
    real = store.save_scan

    def after(count: int) -> None:
        left = [count]

        def walked(*args: Any) -> int:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return real(*args)

        monkeypatch.setattr(store, "save_scan", walked)

    yield after
    monkeypatch.setattr(store, "save_scan", real)


def test_a_pass_that_was_killed_goes_on_where_it_stood(
    lake: Service, killed: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = unique("kill")
    names = [f"{prefix}.{number * 7919 % 1000:03}" for number in range(90)]
    make(names)
    killed(3)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(bulk.list_names_after, "__kwdefaults__", {"collections": False, "size": 40})
        with pytest.raises(Killed):
            worker.sync_index(lake)
    scope = IndexedScope.objects.get(name=SCOPE)
    stood, seen = scope.walk_after, ScannedName.objects.count()
    assert stood
    assert seen > 0
    killed(-1)
    asked: list[str] = []
    real = bulk.list_names_after
    monkeypatch.setattr(
        bulk,
        "list_names_after",
        lambda lake, token, scope, after, **options: asked.append(after) or real(lake, token, scope, after, **options),
    )  # type: ignore[func-returns-value]
    found = worker.sync_index(lake)
    assert found is not None
    assert asked[0] == stood
    assert known(prefix) == set(names)


def test_one_runner_a_lake_and_a_silent_one_is_given_up(lake: Service) -> None:
    first = SyncRun.objects.begin(lake.name, full=False)
    assert first is not None
    assert worker.sync_index(lake) is None
    SyncRun.objects.filter(pk=first.pk).update(heard_at=timezone.now() - timedelta(minutes=10))
    assert run(lake)
    first.refresh_from_db()
    assert first.state == SyncRun.State.FAILED
    assert not first.heartbeat(read=1)


def test_a_lake_that_is_away_fails_the_run_and_loses_nothing(lake: Service) -> None:
    run(lake)
    before = IndexEntry.objects.count()
    service_account.token(lake)
    monkey = replace(lake, url="http://127.0.0.1:1")
    found = worker.sync_index(monkey)
    assert found is not None
    assert found.state == SyncRun.State.FAILED
    assert found.error
    assert IndexEntry.objects.count() == before


@pytest.mark.parametrize("size", [3, 10, 1000])
def test_stretches_cover_a_scope_whatever_its_names_look_like(lake: Service, size: int) -> None:
    prefix = unique("odd")
    names = [
        f"{prefix}{tail}" for tail in ("", ".true", ".True", ".TRUE.1", ".1", ".2026-01-01", ".false", "_a", "_b", ".x/y", ".10", ".9")
    ]
    numbers = {str(int(timezone.now().timestamp() * 1000)), prefix.replace("odd.", "1e5")}
    make([*names, *numbers])
    found: list[str] = []
    after: str | None = "" if size > 10 else prefix[:-1]
    while after is not None:
        stretch = bulk.list_names_after(lake, service_account.token(lake), SCOPE, after, size=size)
        found += stretch.names
        after = stretch.end
    assert set(names) | (numbers if size > 10 else set()) <= set(found)
    assert len(found) == len(set(found))


def test_an_answer_that_is_none_is_an_outage(lake: Service) -> None:
    from tests.vre_portal.servers import Handler, serving

    def html(handler: Handler) -> None:
        handler.whole(b"<html>Maintenance</html>", Content_Type="text/html")

    with serving(html) as (server, _), pytest.raises(RemoteUnavailable):
        bulk.get_records(replace(lake, url=server.url), "token", SCOPE, ["a"])


def test_pages_of_a_live_listing_pass_names_that_rucio_takes_for_something_else(lake: Service) -> None:
    from datalake.rucio import list_dids

    prefix = unique("live")
    names = sorted(f"{prefix}{tail}" for tail in (".true", ".true.1", ".1", ".2026-01-01", ".false", "_a", ".TRUE", ".x/y", ".10", ".z"))
    make(names)
    seen: list[str] = []
    while not seen or seen[-1] != names[-1]:
        found = list_dids(lake, service_account.token(lake), SCOPE, pattern=f"{prefix}*", after=seen[-1] if seen else None, limit=2)
        assert found
        seen += [item.name for item in found]
    assert seen == names
