"""What I may use: figures of the portal at once, those of services by themselves, and what is missing said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.page_text import text_of
from vre_portal.allowances import views
from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer, Unit
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.services import ServiceKind, service

SignIn = Callable[..., Client]
PAGE = "/me/allowances/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def own_part(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts one part in place of all."""

    def put(read: Callable[[User], PartAnswer], *, is_remote: bool = False) -> None:
        monkeypatch.setattr(views, "parts_for", lambda _user: ([AllowancePart("tried", "Tried", read, is_remote)], 0))

    return put


@pytest.mark.parametrize(
    ("used", "limit", "percent", "tone"),
    [
        (0, 100, 0.0, ""),
        (79, 100, 79.0, ""),
        (80, 100, 80.0, "warn"),
        (98, 100, 98.0, "bad"),
        (300, 100, 100.0, "bad"),
        (0, 0, 0.0, ""),
        (1, 0, 100.0, "bad"),
        (5, None, None, ""),
        (None, 5, None, ""),
    ],
)
def test_a_bar_says_how_full_it_is(used: float | None, limit: float | None, percent: float | None, tone: str) -> None:
    row = Allowance("Space", used, limit)
    assert (row.percent, row.tone) == (percent, tone)


def test_the_portals_own_figures_are_on_the_page(signed_in: SignIn, people: dict[str, User], settings: Any) -> None:
    settings.ACTIVE_RUNS = 7
    answer = signed_in("member").get(PAGE)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Active runs" in page
    assert ">7<" in "".join(page.split())
    assert "Unfinished uploads" in page
    assert "Launches of workflows" in page


def test_what_has_no_limit_needs_no_request_and_narrow_pages_say_when_it_renews(own_part: Callable[..., None], signed_in: SignIn) -> None:
    rows = [
        Allowance("Free", 5, None, request=("limit", {})),
        Allowance("Full", 5, 5, renews="at midnight", request=("limit", {})),
        Allowance("Set elsewhere", 5, None, limit_text="set by the hub", request=("limit", {})),
    ]
    own_part(lambda user: PartAnswer(rows))
    answer = signed_in("member").get(f"{PAGE}tried/")
    assert [bool(more) for _row, more in answer.context["answer"]["rows"]] == [False, True, True]
    assert "Renews: at midnight" in text_of(answer.content)


@pytest.mark.parametrize("is_token", [True, False])
def test_a_problem_comes_with_the_page_that_helps(own_part: Callable[..., None], signed_in: SignIn, is_token: bool) -> None:
    def read(user: User) -> PartAnswer:
        if is_token:
            raise stored.missing(service(ServiceKind.REANA))
        return PartAnswer(problem="You have no account.", request="iam-group")

    own_part(read)
    page = signed_in("member").get(f"{PAGE}tried/").content.decode()
    assert ('href="/me/services/"' in page) is is_token
    assert ("Ask for a group" in page) is not is_token


def test_a_service_is_not_asked_for_the_page_but_for_its_own_part(own_part: Callable[..., None], signed_in: SignIn) -> None:
    asked: list[User] = []

    def read(user: User) -> PartAnswer:
        asked.append(user)
        return PartAnswer([Allowance("Space", 5, 10, Unit.BYTES)])

    own_part(read, is_remote=True)
    browser = signed_in("member")
    assert f'hx-get="{PAGE}tried/"' in browser.get(PAGE).content.decode()
    assert asked == []
    assert "Space" in browser.get(f"{PAGE}tried/").content.decode()
    assert len(asked) == 1


def test_a_service_that_is_away_says_so_and_keeps_nobody_from_the_rest(own_part: Callable[..., None], signed_in: SignIn) -> None:
    def read(user: User) -> PartAnswer:
        raise RemoteUnavailable("The lake does not answer.", service=service(ServiceKind.RUCIO))

    own_part(read)
    page = signed_in("member").get(PAGE)
    assert page.status_code == 200
    assert "The lake does not answer." in page.content.decode()
    assert "not available now" in page.content.decode()


def test_a_fault_of_the_portals_own_costs_one_part(own_part: Callable[..., None], signed_in: SignIn) -> None:
    def read(user: User) -> PartAnswer:
        raise KeyError("secret detail")

    own_part(read)
    page = signed_in("member").get(PAGE).content.decode()
    assert "internal error" in page
    assert "secret detail" not in page


def test_what_is_nearly_full_is_said_in_words(own_part: Callable[..., None], signed_in: SignIn) -> None:
    own_part(lambda _user: PartAnswer([Allowance("Space", 85, 100), Allowance("Runs", 99, 100)]))
    page = signed_in("member").get(PAGE).content.decode()
    assert "nearly full" in page
    assert 'data-state="full"' in page


def test_what_a_service_calls_its_things_is_text(own_part: Callable[..., None], signed_in: SignIn) -> None:
    own_part(lambda _user: PartAnswer([Allowance("<script>x</script>", 1, 2, limit_text="<b>", detail="<i>", renews="<u>")], problem="<s>"))
    page = signed_in("member").get(PAGE).content.decode()
    assert "<script>x" not in page
    for tag in ("<b>", "<i>", "<u>", "<s>"):
        assert tag not in page


def test_the_same_as_json(own_part: Callable[..., None], signed_in: SignIn) -> None:
    own_part(lambda _user: PartAnswer([Allowance("Space", 5, 10, Unit.BYTES)]), is_remote=True)
    browser = signed_in("member")
    item = browser.get(f"{PAGE}?format=json").json()["items"][0]
    assert item["rows"] == browser.get(f"{PAGE}tried/?format=json").json()["rows"]
    assert {name: item["rows"][0][name] for name in ("what", "used", "limit", "unit", "percent")} == {
        "what": "Space",
        "used": 5,
        "limit": 10,
        "unit": "bytes",
        "percent": 50.0,
    }


def test_only_ones_own_runs_count(signed_in: SignIn, people: dict[str, User]) -> None:
    rows = json.loads(signed_in("member").get(f"{PAGE}runs/?format=json").content)["rows"]
    assert [row["used"] for row in rows[:2]] == [0, 0]


def test_a_part_that_there_is_not_is_not_found(signed_in: SignIn) -> None:
    assert signed_in("member").get(f"{PAGE}nothing/").status_code == 404


def test_a_service_with_a_dot_in_its_name_has_its_part(monkeypatch: pytest.MonkeyPatch, signed_in: SignIn) -> None:
    part = AllowancePart("reana-0.9", "Old server", lambda _user: PartAnswer([Allowance("Space", 5, 10)]), is_remote=True)
    monkeypatch.setattr(views, "parts_for", lambda _user: ([part], 0))
    browser = signed_in("member")
    assert f'hx-get="{PAGE}reana-0.9/"' in browser.get(PAGE).content.decode()
    assert "Space" in browser.get(f"{PAGE}reana-0.9/").content.decode()
