"""Who sees a banner, on which pages and when; and how it is dismissed."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_banner
from vre_portal import markdown_line
from vre_portal.banners import present, tasks
from vre_portal.banners.models import Banner, Dismissal
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.pages import middleware

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    present.forget_dismissed()


def page(browser: Client, where: str = "/projects/") -> str:
    return browser.get(where).content.decode()


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example", "&#47;/evil.example"])
def test_no_link_of_a_banner_hides_its_host(address: str) -> None:
    html = markdown_line.render(f"[docs]({address}) [own](/docs/) [web](https://a.example/)")
    assert 'href="/docs/"' in html
    assert 'href="https://a.example/"' in html
    assert 'href="//' not in html
    assert 'href="/\\' not in html
    assert 'href="\\' not in html


def dismiss(browser: Client, banner: Banner, **headers: str) -> Any:
    return browser.post(f"/banners/{banner.pk}/dismiss/", {"next": "/projects/"}, headers={**OWN_PAGE, **headers})


def test_a_banner_is_on_a_page_that_was_kept_before() -> None:
    assert "Down on Monday" not in page(Client())
    assert middleware.pages._pages
    make_banner(text="Down on *Monday*")
    assert "Down on <em>Monday</em>" in page(Client())


def test_a_kept_page_shows_a_banner_from_its_first_second_and_not_after_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    make_banner(text="Soon", starts_at=timezone.now() + timedelta(seconds=1000), ends_at=timezone.now() + timedelta(seconds=2000))
    assert "Soon" not in page(Client())
    for seconds, is_shown in ((990, False), (1001, True), (1990, True), (2001, False)):
        with monkeypatch.context() as clock:
            later = timezone.now() + timedelta(seconds=seconds)
            clock.setattr("time.time", later.timestamp)
            clock.setattr(timezone, "now", lambda later=later: later)
            assert ("Soon" in page(Client())) is is_shown, seconds


def test_a_kept_page_with_a_banner_asks_nothing() -> None:
    make_banner(text="Shown")
    page(Client())
    with CaptureQueriesContext(connection) as asked:
        assert "Shown" in page(Client())
    assert len(asked) == 0


def test_a_banner_costs_a_signed_in_page_no_question_after_the_first(signed_in: SignIn) -> None:
    browser = signed_in("member")
    page(browser)
    with CaptureQueriesContext(connection) as before:
        page(browser)
    make_banner(text="Shown")
    page(browser)
    with CaptureQueriesContext(connection) as after:
        assert "Shown" in page(browser)
    assert len(after) == len(before)


AUDIENCES: list[tuple[dict[str, str], set[str]]] = [
    ({"audience": "everybody"}, {"anonymous", "outsider", "member", "admin"}),
    ({"audience": "signed-in"}, {"outsider", "member", "admin"}),
    ({"audience": "group", "group": "escape/km3net"}, {"member"}),
    ({"audience": "group", "group": "escape/km3"}, set()),
    ({"audience": "staff"}, {"admin"}),
]


@pytest.mark.parametrize(("facts", "readers"), AUDIENCES)
def test_only_its_audience_sees_a_banner(signed_in: SignIn, facts: dict[str, str], readers: set[str]) -> None:
    make_banner(text="For some", **facts)
    people = ("anonymous", "outsider", "member", "admin")
    assert {name for name in people if "For some" in page(signed_in(name))} == readers
    assert {name for name in people if "For some" in signed_in(name).get("/banners/shown/none/").content.decode()} == readers
    announced = Client().get("/status.json").json()["announcements"]
    assert [item["text"] for item in announced] == (["For some"] if "anonymous" in readers else [])


def test_who_left_the_group_sees_its_banner_no_more(signed_in: SignIn, people: dict[str, User]) -> None:
    make_banner(text="For the group", audience="group", group="escape/km3net")
    browser = signed_in("member")
    assert "For the group" in page(browser)
    User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
    assert "For the group" not in page(browser)


def test_the_most_severe_come_first_and_more_than_three_are_folded() -> None:
    for severity in ("info", "warning", "info", "critical", "info"):
        make_banner(text=f"A {severity} one", severity=severity)
    whole = page(Client())
    assert whole.index("A critical one") < whole.index("A warning one") < whole.index("A info one") < whole.index("2 more announcements")


def test_hostile_text_is_shown_as_text() -> None:
    make_banner(
        text="<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://e.example/p.png) **bold**", link="https://a.example/?a=1&b=2"
    )
    whole = page(Client())
    shown = whole[whole.index('id="site-banners"') : whole.index('id="banner-news"')]
    assert "<script>" not in shown
    assert 'href="javascript' not in shown
    assert "<img" not in shown
    assert "<strong>bold</strong>" in shown
    assert "https://a.example/?a=1&amp;b=2" in shown


def test_a_visitor_dismisses_a_banner_in_this_browser_alone() -> None:
    banner, browser = make_banner(text="Once is enough"), Client()
    page(Client())  # which is kept
    answer = dismiss(browser, banner)
    assert (answer.status_code, answer["Location"]) == (302, "/projects/")
    assert "Once is enough" not in page(browser)
    assert "Once is enough" not in page(browser)  # and not from memory either
    assert "Once is enough" in page(Client())


def test_the_export_has_no_words_of_a_banner_for_a_group_that_one_has_left(people: dict[str, User]) -> None:
    facts = {"audience": Banner.Audience.GROUP, "group": "escape/km3net", "text": "Inside only"}
    banner, person = make_banner(**facts), people["lead"]
    Dismissal.objects.create(banner=banner, edition=banner.edition, user=person)
    assert "Inside only" in str(export_person(person)["banners.dismissal"])
    User.objects.filter(pk=person.pk).update(groups=[])
    (row,) = export_person(User.objects.get(pk=person.pk))["banners.dismissal"]
    assert "Inside only" not in str(row)
    assert row["edition"] == banner.edition


def test_other_words_are_shown_again_to_those_who_dismissed_the_banner(signed_in: SignIn) -> None:
    banner = make_banner(text="First")
    browsers = [Client(), signed_in("member")]
    for browser in browsers:
        dismiss(browser, banner)
    Banner.objects.update(text="Second", edition=2)
    assert ["Second" in page(browser) for browser in browsers] == [True, True]


def test_a_person_dismisses_a_banner_in_every_browser_and_once(signed_in: SignIn, people: dict[str, User]) -> None:
    banner = make_banner(text="Once is enough")
    for _ in range(2):
        dismiss(signed_in("member"), banner)
    assert "Once is enough" not in page(signed_in("member"))
    assert "Once is enough" in page(signed_in("outsider"))
    assert Dismissal.objects.filter(user=people["member"]).count() == 1


def test_what_a_person_dismissed_is_in_their_data(signed_in: SignIn, people: dict[str, User]) -> None:
    dismiss(signed_in("member"), make_banner())
    assert "dismiss" in str(export_person(people["member"])).lower()


def test_a_critical_banner_cannot_be_dismissed(signed_in: SignIn) -> None:
    banner = make_banner(text="Serious", severity="critical")
    for browser in (Client(), signed_in("member")):
        browser.cookies["banners"] = banner.mark
        dismiss(browser, banner)
        whole = page(browser)
        assert "Serious" in whole
        assert f"/banners/{banner.pk}/dismiss/" not in whole
    assert not Dismissal.objects.exists()


def test_nobody_dismisses_what_they_cannot_see(signed_in: SignIn) -> None:
    banner = make_banner(audience="staff")
    dismiss(signed_in("member"), banner)
    answer = dismiss(Client(), banner)
    assert not Dismissal.objects.exists()
    assert "banners" not in answer.cookies


def test_a_form_of_another_site_dismisses_nothing(signed_in: SignIn) -> None:
    banner, browser = make_banner(), Client(enforce_csrf_checks=True)
    assert browser.post(f"/banners/{banner.pk}/dismiss/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert dismiss(browser, banner).status_code == 302


def test_after_a_dismissal_the_browser_is_not_sent_elsewhere() -> None:
    banner = make_banner()
    answer = Client().post(f"/banners/{banner.pk}/dismiss/", {"next": "https://evil.example/"}, headers=OWN_PAGE)
    assert answer["Location"] == "/"


@pytest.mark.parametrize("cookie", ["x", "1.1-" * 500, "9" * 400, "1.1;2", "é"])
def test_an_odd_cookie_changes_nothing(cookie: str) -> None:
    make_banner(text="Shown")
    browser = Client()
    browser.cookies["banners"] = cookie
    assert "Shown" in page(browser)
    assert len({key[-1] for key in middleware.pages._pages}) == 1  # cookies make no further variants of kept pages


def test_an_open_page_is_told_of_a_new_banner_and_nothing_else(signed_in: SignIn) -> None:
    old = make_banner(text="Old")
    for browser in (Client(), signed_in("member")):
        assert browser.get(f"/banners/shown/{old.mark}/").status_code == 204
    make_banner(text="New warning", severity="warning")
    make_banner(text="New danger", severity="critical")
    whole = Client().get(f"/banners/shown/{old.mark}/").content.decode()
    status, alert = whole[whole.index('id="banner-news"') :].split('id="banner-alert"')
    assert "New warning" in status
    assert "Old" not in status + alert
    assert "New danger" in alert


def test_an_open_page_is_told_that_a_banner_has_ended() -> None:
    banner = make_banner(ends_at=timezone.now() - timedelta(seconds=1))
    answer = Client().get(f"/banners/shown/{banner.mark}/")
    assert answer.status_code == 200
    assert "<section" not in answer.content.decode()


@pytest.mark.parametrize("where", ["/no-such-page/", "/projects/none/"])
def test_pages_of_errors_show_banners_too(where: str) -> None:
    make_banner(text="Known problem")
    assert "Known problem" in page(Client(), where)


def test_while_the_database_is_away_the_last_known_public_banner_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    make_banner(text="Maintenance of the database")
    make_banner(text="Secret", audience="staff")
    page(Client())

    def away() -> tuple[Banner, ...]:
        raise OperationalError

    monkeypatch.setattr(present, "present_banners", away)
    whole = render_to_string("database_away.html")
    assert "Maintenance of the database" in whole
    assert "Secret" not in whole
    assert [banner.text for banner in present.public_banners()] == ["Maintenance of the database"]


def test_dismissals_are_forgotten_a_month_after_the_end(people: dict[str, User]) -> None:
    for days in (29, 31):
        banner = make_banner(ends_at=timezone.now() - timedelta(days=days))
        Dismissal.objects.create(banner=banner, edition=1, user=people["member"])
    tasks.forget()
    assert Dismissal.objects.count() == 1
    assert Banner.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_banner_dismissed_twice_at_once_is_dismissed_once(people: dict[str, User]) -> None:
    from vre_portal.banners import services

    banner, barrier, errors = make_banner(), threading.Barrier(4), list[Exception]()

    def work() -> None:
        barrier.wait()
        try:
            services.dismiss(by=people["member"], banner=banner, edition=1)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Dismissal.objects.count() == 1
