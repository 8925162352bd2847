"""Samples of space and entries of the information catalogue: taken from the stack's Rucio and from a real small server, thinned, and kept while either is away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalake import rucio
from datalake.reads import service_account
from datalake.sites import cric, tasks, worker
from datalake.sites.charts import usage_chart
from datalake.sites.models import Sample, SiteRecord, history, thin
from tests.vre_portal.servers import Handler, serving
from vre_portal.http import RemoteError
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
RECORDED = Path(__file__).with_name("cric.json").read_bytes()


@pytest.fixture
def lake() -> Service:
    service_account._held.clear()
    return service(ServiceKind.RUCIO, "escape")


@contextmanager
def catalogue(lake: Service, body: bytes, status: int = 200) -> Iterator[Service]:
    """The lake with an information catalogue that answers so."""

    def answer(handler: Handler) -> None:
        handler.whole(body, status, Content_Type="application/json")

    with serving(answer) as (server, seen):
        yield replace(lake, options={**lake.options, "cric_json": f"{server.url}/api/doma/rse/query/?json", "seen": seen})


@pytest.mark.integration("rucio", "iam")
def test_each_storage_elements_space_is_noted_once_an_hour(lake: Service) -> None:
    storage_elements = rucio.list_rses(lake, service_account.token(lake), details=False)  # other tests may have made some
    assert worker.sample(lake, NOW) == len(storage_elements) >= 3
    worker.sample(lake, NOW + timedelta(minutes=20))
    found = Sample.objects.filter(rse="DEMO-ERLANGEN")
    assert [item.at for item in found] == [NOW.replace(minute=0)]
    assert found[0].total == 100 * 10**9
    assert found[0].used >= 0
    worker.sample(lake, NOW + timedelta(hours=1))
    assert Sample.objects.count() == 6


def test_a_lake_without_an_account_for_the_portal_has_no_samples(lake: Service) -> None:
    assert worker.sample(replace(lake, options={})) == 0


def test_samples_are_kept_hourly_for_a_week_and_daily_for_a_year() -> None:
    hours = [Sample(lake="escape", rse="A", at=NOW - timedelta(hours=hour), used=hour) for hour in range(24 * 400)]
    Sample.objects.bulk_create(hours)
    thin(NOW)
    ages = [(NOW - item.at) / timedelta(days=1) for item in history("escape", "A")]
    assert len([age for age in ages if age <= 7]) == 169
    assert len([age for age in ages if age > 7]) == pytest.approx(359, abs=2)
    assert max(ages) <= 366
    before = list(Sample.objects.values_list("pk", flat=True))
    thin(NOW)
    assert list(Sample.objects.values_list("pk", flat=True)) == before


def test_a_chart_has_sizes_dates_and_both_lines() -> None:
    samples = [Sample(at=NOW - timedelta(days=day), used=day * 10**12, total=9 * 10**12) for day in range(6, -1, -1)]
    chart = usage_chart(samples, NOW)
    assert chart is not None
    assert [name for name, _ in chart.lines] == ["used", "total"]
    assert chart.y_title == "TB"
    assert [tick.label for tick in chart.x_ticks] == ["14 Nov", "16 Nov", "18 Nov", "now"]
    assert usage_chart(samples[:1], NOW) is None


def test_the_catalogue_is_read_and_updated(lake: Service) -> None:
    with catalogue(lake, RECORDED) as named:
        assert worker.read_catalogue(named) == 3
        seen = named.options["seen"]
        assert seen.lines == ["GET /api/doma/rse/query/?json HTTP/1.1"]
        assert "Authorization" not in seen.headers[0]
    found = SiteRecord.objects.get(rse="DEMO-ANNECY")
    assert (found.site, found.country, found.state) == ("LAPP", "France", "ACTIVE")
    changed = RECORDED.replace(b"ACTIVE", b"DISABLED")
    with catalogue(lake, changed) as named:
        worker.read_catalogue(named)
    assert SiteRecord.objects.get(rse="DEMO-ANNECY").state == "DISABLED"
    assert SiteRecord.objects.count() == 3


@pytest.mark.parametrize("body", [b"<html>", b"17", b'"text"', b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_catalogue_that_answers_nonsense_changes_nothing(lake: Service, body: bytes) -> None:
    SiteRecord.objects.create(lake="escape", rse="DEMO-ANNECY", site="LAPP")
    with catalogue(lake, body) as named, pytest.raises(RemoteError):
        worker.read_catalogue(named)
    assert SiteRecord.objects.get().site == "LAPP"


@pytest.mark.parametrize("row", [1, None, [], {"rse": "a b"}, {"rse": "../x"}, {"rse": ["x"]}, {"rse": "A" * 300}])
def test_an_entry_that_is_none_is_passed_over(lake: Service, row: object) -> None:
    body = json.dumps([row, {"rse": "GOOD", "site": ["x"], "rc_site": "S" * 500, "country": "\0"}]).encode()
    with catalogue(lake, body) as named:
        worker.read_catalogue(named)
    found = SiteRecord.objects.get()
    assert (found.rse, found.site) == ("GOOD", "S" * 100)


def test_a_catalogue_that_is_away_holds_up_nothing(lake: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    away = replace(lake, options={"cric_json": "http://127.0.0.1:9/"})
    monkeypatch.setattr(tasks, "services", lambda kind: [away])
    tasks.look()
    assert not SiteRecord.objects.exists()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://cric.example/rse/{rse}/?site={site}", "https://cric.example/rse/A%2FB/?site=x%20%22y"),
        ("http://cric.example/{rse}", ""),
        ("javascript:alert(1)//{rse}", ""),
        ("", ""),
    ],
)
def test_links_lead_to_https_only_and_names_are_quoted(lake: Service, template: str, expected: str) -> None:
    made = replace(lake, options={"cric_url": template})
    assert cric.link(made, "cric_url", rse="A/B", site='x "y') == expected


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("odd", [7, None, {"rse": "no name!"}, {"rse": ["A"]}, {"rse": "A\0"}, ["A"]])
def test_an_odd_entry_of_the_catalogue_costs_only_itself(lake: Service, place: int, odd: object) -> None:
    rows: list[object] = [{"rse": "A", "country": "FR"}, {"rse": "B", "country": "IT"}]
    rows.insert(place, odd)
    with catalogue(lake, json.dumps(rows).encode()) as lake:
        assert worker.read_catalogue(lake) == 2
    assert set(SiteRecord.objects.values_list("rse", "country")) == {("A", "FR"), ("B", "IT")}


def test_an_element_that_the_catalogue_names_twice_loses_no_other(lake: Service) -> None:
    rows = [{"rse": "A", "country": "FR"}, {"rse": "B"}, {"rse": "A", "country": "DE"}]
    with catalogue(lake, json.dumps(rows).encode()) as lake:
        worker.read_catalogue(lake)
    assert set(SiteRecord.objects.values_list("rse", "country")) == {("A", "DE"), ("B", "")}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("odd", [2**63, -(2**70), "many", None])
def test_a_storage_element_whose_usage_cannot_be_kept_costs_only_itself(
    lake: Service, place: int, odd: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["A", "B"]
    names.insert(place, "ODD")

    def answer(handler: Handler) -> None:
        path = handler.path.partition("?")[0].rstrip("/")
        rows = [{"rse": name} for name in names] if path == "/rses" else [{"source": "rucio", "used": odd if "ODD" in path else 5}]
        handler.whole(b"\n".join(json.dumps(row).encode() for row in rows), Content_Type="application/x-json-stream")

    monkeypatch.setattr(service_account, "token", lambda _: "t")
    with serving(answer) as (server, _):
        assert worker.sample(replace(lake, url=server.url), NOW) == 2
    assert set(Sample.objects.values_list("rse", "used")) == {("A", 5), ("B", 5)}


@pytest.mark.parametrize("bad", ["first", "middle", "last"])
def test_a_lake_at_which_something_unforeseen_happens_holds_up_no_other(bad: str, lake: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    lakes = [replace(lake, name=name) for name in ("first", "middle", "last")]
    done: list[str] = []

    def sample(lake: Service) -> None:
        if lake.name == bad:
            raise KeyError("something")
        done.append(lake.name)

    monkeypatch.setattr(tasks, "services", lambda _: lakes)
    monkeypatch.setattr(worker, "sample", sample)
    monkeypatch.setattr(worker, "read_catalogue", lambda lake: done.append(lake.name + "-catalogue"))
    tasks.look()
    assert done == [name for lake in lakes for name in (lake.name, lake.name + "-catalogue") if name != bad]


def test_a_lake_whose_elements_all_fail_counts_as_not_looked_at(lake: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(handler: Handler) -> None:
        whole = handler.path.partition("?")[0].rstrip("/") == "/rses"
        handler.whole(b'{"rse": "A"}', 200 if whole else 500, Content_Type="application/x-json-stream")

    monkeypatch.setattr(service_account, "token", lambda _: "t")
    with serving(answer) as (server, _), pytest.raises(RemoteError):
        worker.sample(replace(lake, url=server.url), NOW)
