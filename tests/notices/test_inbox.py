"""The inbox: what it lists, how it is marked, and that it shows nobody what they may no longer know."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from projects.models import Membership, Role
from tests.factories import make_project
from tests.notices.conftest import ENDED, OTHER
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.notices import feeds
from vre_portal.notices.models import Notice
from vre_portal.search import audiences

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
Give = Callable[..., Notice]


def text_of(browser: Client, address: str = "/notices/") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def items(browser: Client, query: str = "") -> list[dict[str, Any]]:
    return list(browser.get(f"/notices/?format=json{query}").json()["items"])


def test_without_notices_the_page_says_how_they_come(signed_in: SignIn) -> None:
    assert "No notices yet" in text_of(signed_in("lead"))


def test_a_filter_that_leaves_nothing_says_so(signed_in: SignIn, give: Give) -> None:
    browser, notice = signed_in("lead"), give()
    assert "No matching notices" in text_of(browser, f"/notices/?kind={OTHER.key}")
    browser.get(f"/notices/{notice.pk}/")
    assert "No unread notices" in text_of(browser, "/notices/?state=unread")


def test_the_newest_stands_first_and_a_page_has_fifty(signed_in: SignIn, give: Give) -> None:
    for number in range(60):
        give(f"Number {number:02}")
    browser = signed_in("lead")
    first = browser.get("/notices/?format=json").json()
    assert [item["title"] for item in first["items"]] == [f"Number {number:02}" for number in range(59, 9, -1)]
    rest = browser.get(first["next"]).json()
    assert [item["title"] for item in rest["items"]] == [f"Number {number:02}" for number in range(9, -1, -1)]
    assert rest["next"] is None
    assert browser.get("/notices/?format=csv").content.decode().count("Number") == 60


def test_notices_are_filtered_by_kind_and_by_section(signed_in: SignIn, give: Give) -> None:
    give("An end")
    give("A question", kind=OTHER)
    browser = signed_in("lead")
    assert [item["title"] for item in items(browser, f"&kind={OTHER.key}")] == ["A question"]
    assert [item["title"] for item in items(browser, "&kind=tests")] == ["An end"]
    assert len(items(browser, "&kind=nonsense")) == 2


def test_the_filter_offers_the_kinds_that_one_has_and_the_chosen_one(signed_in: SignIn, give: Give, people: dict[str, User]) -> None:
    give(kind=OTHER, audience=audiences.rule(audiences.person(people["member"].pk)))
    browser, option = signed_in("lead"), '<option value="{}"'
    assert option.format(ENDED.key) not in text_of(browser)
    give()
    page = text_of(browser)
    assert option.format(ENDED.key) in page
    assert option.format("tests") in page
    assert option.format(OTHER.key) not in page
    assert option.format(OTHER.key) in text_of(browser, f"/notices/?kind={OTHER.key}")


def test_three_of_a_group_are_one_line_that_holds_each(signed_in: SignIn, give: Give) -> None:
    for number in range(3):
        give(f"Run {number}", group="crab")
    give("Run of another", group="other")
    page = text_of(signed_in("lead"))
    assert "3 things ended" in page
    assert page.count('class="notice-line notice-group"') == 1
    assert all(f"Run {number}" in page for number in range(3))


def test_two_of_a_group_stay_two_lines(signed_in: SignIn, give: Give) -> None:
    for number in range(2):
        give(f"Run {number}", group="crab")
    assert "notice-group" not in text_of(signed_in("lead"))


def test_opening_a_notice_marks_it_as_read_and_leads_on(signed_in: SignIn, give: Give) -> None:
    notice, browser = give(url="/status/?a=b#there"), signed_in("lead")
    answer = browser.get(f"/notices/{notice.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/status/?a=b#there")
    notice.refresh_from_db()
    assert notice.read_at is not None


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "///evil.example/", "", "evil"]
)
def test_a_notice_leads_to_this_portal_only(signed_in: SignIn, give: Give, url: str) -> None:
    answer = signed_in("lead").get(f"/notices/{give(url=url).pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/notices/")


@pytest.mark.parametrize("number", ["0", "999999", "9" * 18, "9" * 40])
def test_there_is_no_notice_with_another_number(signed_in: SignIn, number: str) -> None:
    assert signed_in("lead").get(f"/notices/{number}/").status_code == 404


def test_nobody_opens_marks_or_deletes_the_notice_of_somebody_else(signed_in: SignIn, give: Give) -> None:
    notice, browser = give(), signed_in("member")
    assert browser.get(f"/notices/{notice.pk}/").status_code == 404
    for verb in ("read", "delete"):
        browser.post("/notices/mark/", {"verb": verb, "notice": [notice.pk]})
    notice.refresh_from_db()
    assert (notice.read_at, notice.deleted_at) == (None, None)


def test_whose_role_was_taken_away_knows_of_nothing_any_more(signed_in: SignIn, give: Give, people: dict[str, User]) -> None:
    project = make_project(slug="secret", title="Hidden plan")
    role = Membership.objects.create(project=project, user=people["outsider"], role=Role.MEMBER)
    rule = audiences.rule(audiences.condition("project", project.pk))
    notice = give("Hidden plan was changed", to="outsider", audience=rule)
    browser = signed_in("outsider")
    secret = feeds.secret_of(feeds.renew(by=people["outsider"], seen=""))
    assert "Hidden plan" in text_of(browser)
    assert browser.get("/notices/unread/").content.decode().startswith("1\n")
    assert "Hidden plan" in Client().get(f"/notices/feed/{secret}.atom").content.decode()
    role.delete()
    cache.clear()
    page = text_of(browser)
    assert "Hidden plan" not in page
    assert "that you no longer have access to are not shown" in page
    assert items(browser) == []
    assert "Hidden plan" not in browser.get("/notices/?format=csv").content.decode()
    assert browser.get(f"/notices/{notice.pk}/").status_code == 404
    assert browser.get("/notices/unread/").content.decode().startswith("\n0\n")
    assert "Hidden plan" not in Client().get(f"/notices/feed/{secret}.atom").content.decode()
    assert "Hidden plan" not in str(export_person(people["outsider"])["notices.notice"])
    browser.post("/notices/mark/", {"verb": "delete", "notice": [notice.pk]})
    notice.refresh_from_db()
    assert notice.deleted_at is None


def test_what_is_hidden_makes_no_page_shorter(signed_in: SignIn, give: Give, people: dict[str, User]) -> None:
    rule = audiences.rule(audiences.person(people["member"].pk))
    for number in range(60):
        give(f"Shown {number}")
        give(f"Hidden {number}", audience=rule)
    browser = signed_in("lead")
    first = browser.get("/notices/?format=json").json()
    assert len(first["items"]) == 50
    assert len(browser.get(first["next"]).json()["items"]) == 10


def test_the_title_of_a_notice_is_text(signed_in: SignIn, give: Give) -> None:
    give("<script>alert(1)</script>")
    assert "<script>alert" not in text_of(signed_in("lead"))


def test_a_page_with_ten_thousand_notices_asks_no_more(signed_in: SignIn, give: Give, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        give(f"Number {number}")
    browser = signed_in("lead")
    browser.get("/notices/")
    with django_assert_max_num_queries(10):
        browser.get("/notices/")
