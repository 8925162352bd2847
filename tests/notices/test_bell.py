"""The bell: its number, that it is right at once after a change, and how little an unchanged one costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from vre_portal.iam.models import User
from vre_portal.notices import bell
from vre_portal.notices.models import Notice

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
Give = Callable[..., Notice]
BELL = "/notices/unread/"


def told(browser: Client, **headers: str) -> list[str]:
    return browser.get(BELL, **headers).content.decode().split("\n")  # type: ignore[arg-type]


def test_a_page_shows_the_number_of_unread_notices(signed_in: SignIn, give: Give) -> None:
    give()
    give(to="member")
    page = signed_in("lead").get("/status/").content.decode()
    assert 'data-number="1"' in page


def test_visitors_have_no_bell(client: Client) -> None:
    assert 'id="bell"' not in client.get("/status/").content.decode()


def test_a_number_beyond_the_room_is_shown_as_more(signed_in: SignIn, give: Give) -> None:
    for _ in range(101):
        give()
    assert told(signed_in("lead")) == ["99+", "101", "Notices: 101 unread"]


def test_nothing_is_asked_of_the_database_while_nothing_changed(
    signed_in: SignIn, give: Give, django_capture_on_commit_callbacks: Any
) -> None:
    give()
    browser = signed_in("lead")
    tag = browser.get(BELL)["ETag"]
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(BELL, headers={"If-None-Match": tag})
    assert (answer.status_code, len(asked)) == (304, 0)
    with django_capture_on_commit_callbacks(execute=True):
        give()
    answer = browser.get(BELL, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content.decode().split("\n")[1]) == (200, "2")


def test_the_bell_stays_as_it_is_until_the_event_is_certain(
    people: dict[str, User], give: Give, django_capture_on_commit_callbacks: Any
) -> None:
    tag = bell.fresh(people["lead"]).tag
    with django_capture_on_commit_callbacks() as waiting:
        give()
    assert bell.is_current(tag)  # who counted now would count without the event, and keep that under the new version
    for callback in waiting:
        callback()
    assert not bell.is_current(tag)


@pytest.mark.parametrize("verb", ["read", "delete"])
def test_what_is_marked_is_off_the_bell_at_once(signed_in: SignIn, give: Give, verb: str, django_capture_on_commit_callbacks: Any) -> None:
    notice, browser = give(), signed_in("lead")
    assert told(browser)[1] == "1"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/notices/mark/", {"line": f"{verb}:{notice.pk}"})
    assert told(browser)[1] == "0"


@pytest.mark.parametrize("tag", ['""', '"x"', '"1:2:3"', "*", 'W/"é"'])
def test_an_odd_tag_is_no_tag(signed_in: SignIn, tag: str) -> None:
    assert signed_in("lead").get(BELL, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_a_tag_opens_nothing_without_a_session(signed_in: SignIn, client: Client) -> None:
    tag = signed_in("lead").get(BELL)["ETag"]
    cache.clear()
    assert client.get(BELL, headers={"If-None-Match": tag}).status_code == 302


def test_a_tag_holds_for_half_a_minute(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in("lead")
    tag = browser.get(BELL)["ETag"]
    monkeypatch.setattr(bell, "TAG_SECONDS", -1)
    assert browser.get(BELL, headers={"If-None-Match": tag}).status_code == 200


def test_without_a_cache_the_number_is_counted_each_time(people: dict[str, User], give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give()
    monkeypatch.setattr(bell.cache, "get", lambda *_: None)
    monkeypatch.setattr(bell.cache, "get_many", lambda *_: {})
    assert bell.of(people["lead"]) == bell.Bell(1, "")
