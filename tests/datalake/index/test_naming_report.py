"""The report of names that do not follow the conventions: what a visitor may see, page by page, in every form."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.expressions import RawSQL
from django.test import Client

from datalake.index import naming_report, search
from datalake.naming import Named
from tests.datalake.index.entries import Fill, fact
from tests.page_text import text_of
from vre_portal.services import ServiceKind, service

SignIn = Callable[..., Client]
PAGE = "/datalake/escape/naming/"
PUBLIC, CLOSED = "KM3NET_ECAP_SP", "user.lead"
pytestmark = pytest.mark.django_db


def dataset(name: str, **more: Any) -> Any:
    return fact(name, type="DATASET", **more)


def names(client: Client, query: str = "") -> list[str]:
    return [item["name"] for item in client.get(f"{PAGE}?format=json&{query}").json()["items"]]


def test_only_names_that_do_not_follow_are_listed(fill: Fill, signed_in: SignIn) -> None:
    fill(PUBLIC, [dataset("DM.Events.csv"), dataset("dm.Events.csv"), dataset("whatever"), fact("a file")])
    assert names(signed_in("anonymous")) == ["dm.Events.csv", "whatever"]
    page = text_of(signed_in("anonymous").get(PAGE).content)
    assert "Suggestion: DM.Events.csv" in page
    assert "“dm” is not a known Type" in page


def test_the_figures_count_what_falls_under_a_convention(fill: Fill, signed_in: SignIn) -> None:
    fill(PUBLIC, [dataset("DM.Events.csv"), dataset("whatever")])
    figures = signed_in("anonymous").get(PAGE).context["report"].figures
    assert [(item.scope, item.total, item.wrong) for item in figures] == [(PUBLIC, 2, 1)]


def test_the_page_begins_with_the_conventions(fill: Fill, signed_in: SignIn, lake_options: Callable[..., None]) -> None:
    secret = {"scope": "KM3NET_EMBARGO_SP", "pattern": "secret.*"}
    lake_options(naming=[*service(ServiceKind.RUCIO, "escape").options["naming"], secret])
    fill(PUBLIC, [dataset("DM.Events.csv")])
    fill("user.lead", [dataset("mine")])
    page = text_of(signed_in("anonymous").get(PAGE).content)
    for words in ("Conventions", "Datasets, Containers in scopes *_SP", "recommended", "Type.Description.DataType", "DM, EU, MM, SIM, OBS"):
        assert words in page
    for words in ("Scopes", "Experiment_Institute_Project", "EU.Blazars.spectra", "Metadata telescope", "ARCA, ORCA"):
        assert words in page
    assert "EMBARGO" not in page


def test_scopes_that_may_not_be_seen_are_in_no_form(fill: Fill, signed_in: SignIn, known_at_lake: Callable[..., None]) -> None:
    known_at_lake("member", "lead")
    fill("KM3NET_EMBARGO_SP", [dataset("hidden name")])
    for name in ("anonymous", "member"):
        browser = signed_in(name)
        assert names(browser) == []
        assert "EMBARGO" not in browser.get(PAGE).content.decode()
    assert names(signed_in("lead")) == ["hidden name"]


def test_pages_follow_each_other_without_loss(fill: Fill, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming_report, "PAGE", 2)
    wanted = [f"wrong-{number}" for number in range(5)] + ["odd:name"]
    fill(PUBLIC, [dataset(name) for name in wanted] + [fact(f"c{number}", type="CONTAINER") for number in range(3)])
    browser, seen = signed_in("anonymous"), list[str]()
    where: str | None = f"{PAGE}?format=json"
    while where:
        answer = browser.get(where).json()
        seen += [item["name"] for item in answer["items"]]
        where = answer["next"]
    assert sorted(seen) == sorted([*wanted, "c0", "c1", "c2"])


def test_a_scope_of_a_wrong_name_and_odd_values_are_listed(fill: Fill, signed_in: SignIn, known_at_lake: Callable[..., None]) -> None:
    known_at_lake("member")
    fill("magic_ifae_x1", [dataset("a", metadata={"telescope": "arca"})])
    page = text_of(signed_in("member").get(PAGE).content)
    assert "Suggestion: MAGIC_IFAE_X1" in page
    assert "“arca” is not a known value of telescope" in page


def test_figures_are_kept_under_a_key_that_all_processes_share() -> None:
    key = naming_report.cache_key(service(ServiceKind.RUCIO, "escape"), Named.DATASET, ("a", 1), [2, 3], 0.5)
    assert key == "lake-naming:escape:dataset:52e40a239dd9b6e0b659d277302eedadf99134e023d2e77dbe8d9db71e9caa37"


def test_names_are_only_text(fill: Fill, signed_in: SignIn) -> None:
    fill(PUBLIC, [dataset("<script>x</script>")])
    assert "<script>x" not in signed_in("anonymous").get(PAGE).content.decode()


@pytest.mark.parametrize("after", ["", ":", "a", "x:y:z", "\u2028", "KM3NET_ECAP_SP:" + "z" * 3000])
def test_odd_places_are_no_error(fill: Fill, signed_in: SignIn, after: str) -> None:
    fill(PUBLIC, [dataset("whatever")])
    assert signed_in("anonymous").get(PAGE, {"after": after}).status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"name": "dm.Events.csv", "scope": PUBLIC, "type": "DATASET"}, "Suggestion: DM.Events.csv"),
        ({"dataset": "whatever", "scope": PUBLIC}, "needs 3 parts"),
        ({"name": "km3net ecap x1", "type": "scope"}, "Suggestion: KM3NET_ECAP_X1"),
        ({"name": "DM.Events.csv", "scope": PUBLIC}, "follows the naming convention"),
        ({"name": "<b>", "scope": PUBLIC}, "can contain letters"),
        ({"name": "x"}, ""),
    ],
)
def test_a_name_is_checked_while_it_is_typed(signed_in: SignIn, query: dict[str, str], words: str) -> None:
    answer = signed_in("member").get(f"{PAGE}check/", query)
    assert answer.status_code == 200
    assert words in text_of(answer.content)


def test_a_name_against_the_convention_is_offered_for_a_second_look(signed_in: SignIn) -> None:
    from datalake.operations.views.collections import CreateForm
    from vre_portal.services import ServiceKind, service

    values = {"type": "DATASET", "scope": PUBLIC, "name": "whatever"}
    first = CreateForm(values, lake=service(ServiceKind.RUCIO))
    assert not first.is_valid()
    assert "use it anyway" in str(first.errors["name"])
    assert not first["as_is"].is_hidden
    assert CreateForm({**values, "as_is": "on"}, lake=service(ServiceKind.RUCIO)).is_valid()
    assert CreateForm({**values, "name": "DM.Events.csv"}, lake=service(ServiceKind.RUCIO)).is_valid()


def test_a_search_that_takes_too_long_says_so(fill: Fill, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(PUBLIC, [dataset("whatever")])
    real = naming_report._wrong
    slow = RawSQL("(SELECT pg_sleep(2) IS NULL)", [])
    monkeypatch.setattr(search, "STATEMENT_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(naming_report, "_wrong", lambda *about: real(*about).annotate(slow=slow).filter(slow=False))
    answer = signed_in("anonymous").get(PAGE)
    assert answer.status_code == 503
    assert "took too long" in text_of(answer.content)


def test_a_pattern_that_the_database_cannot_use_costs_only_itself(fill: Fill, signed_in: SignIn, lake_options: Callable[..., None]) -> None:
    good = {"of": "container", "pattern": "X.*"}
    lake_options(naming=[{"of": "dataset", "pattern": "(?P<year>[0-9]+).*"}, good], public_scopes=[PUBLIC])
    fill(PUBLIC, [dataset("whatever"), fact("other", type="CONTAINER")])
    answer = signed_in("anonymous").get(PAGE)
    assert [item.name for item, _page in answer.context["items"]] == ["other"]
    assert "cannot be checked here" in text_of(answer.content)
