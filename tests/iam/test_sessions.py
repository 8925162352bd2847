"""Where one is signed in: what is listed, and what ending a session does."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.iam.browsing import sign_in_as, signed_in
from tests.iam.issuer import Issuer
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sessions import session_tracking
from vre_portal.iam.sessions.devices import device

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def desk() -> Client:
    return Client(headers={"User-Agent": FIREFOX})


@pytest.fixture
def phone() -> Client:
    return Client(headers={"User-Agent": IPHONE}, REMOTE_ADDR="192.0.2.7")


@pytest.fixture
def ada(issuer: Issuer, desk: Client, phone: Client) -> User:
    """Someone who is signed in twice, and was seen with both."""
    for browser in (desk, phone):
        sign_in_as(browser, issuer)
        assert signed_in(browser)
    return User.objects.get()


def listed(browser: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/me/sessions/", {"format": "json"}).json()["items"]
    return found


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) AppleWebKit/605 Version/18 Safari/605", "Safari on macOS"),
        ("curl/8.5.0", "A program or an unknown browser"),
        ("", "A program or an unknown browser"),
        ("<script>alert(1)</script> Firefox/1" + "\r\nX: y" * 9000, "Firefox"),
    ],
)
def test_a_browser_is_told_in_words_of_ours(said: str, words: str) -> None:
    assert device(said) == words


def test_each_session_is_listed_with_device_times_and_address_and_this_one_marked(ada: User, desk: Client, phone: Client) -> None:
    found = {item["device"]: item for item in listed(phone)}
    assert set(found) == {"Firefox on Linux", "Safari on iPhone"}
    mine = found["Safari on iPhone"]
    assert (mine["this"], mine["address"], mine["issuer"]) == (True, "192.0.2.7", ada.issuer)
    assert not found["Firefox on Linux"]["this"]
    assert mine["signed_in_at"] <= mine["last_seen_at"]
    page = phone.get("/me/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert page.count("this session") == 1


def test_the_list_shows_no_key_of_a_session(ada: User, desk: Client) -> None:
    text = desk.get("/me/sessions/").content.decode() + str(listed(desk))
    assert not [key for key in Session.objects.values_list("session_key", flat=True) if key in text]


def test_an_ended_session_is_a_stranger_at_its_next_request(ada: User, desk: Client, phone: Client) -> None:
    other = next(item for item in listed(desk) if not item["this"])
    page = desk.post("/me/sessions/", {"end": other["handle"]}, follow=True)
    assert "1 session ended" in page.content.decode()
    assert not signed_in(phone)
    assert signed_in(desk)
    assert [item["this"] for item in listed(desk)] == [True]


def test_all_others_can_be_ended_at_once(ada: User, issuer: Issuer, desk: Client, phone: Client) -> None:
    third = Client()
    sign_in_as(third, issuer)
    assert signed_in(third)
    phone.post("/me/sessions/", {"end": "others"})
    assert [signed_in(browser) for browser in (desk, phone, third)] == [False, True, False]
    assert UserSession.objects.count() == Session.objects.filter(known__isnull=False).count() == 1


@pytest.mark.parametrize("wanted", ["", "nonsense", "00000000-0000-0000-0000-000000000000", "\0", "' OR 1=1"])
def test_what_names_no_session_ends_none(wanted: str, ada: User, desk: Client, phone: Client) -> None:
    assert desk.post("/me/sessions/", {"end": wanted}).status_code == 302
    assert signed_in(desk)
    assert signed_in(phone)


def test_nobody_sees_or_ends_the_session_of_another(ada: User, issuer: Issuer, desk: Client) -> None:
    eve = Client()
    sign_in_as(eve, issuer, "eve")
    signed_in(eve)
    assert len(listed(eve)) == 1
    for item in listed(desk):
        eve.post("/me/sessions/", {"end": item["handle"]})
    eve.post("/me/sessions/", {"end": "others"})
    assert signed_in(desk)


def test_this_very_session_is_ended_by_signing_out_only(ada: User, desk: Client) -> None:
    mine = next(item for item in listed(desk) if item["this"])
    desk.post("/me/sessions/", {"end": mine["handle"]})
    assert signed_in(desk)
    desk.post("/accounts/logout/")
    assert UserSession.objects.count() == 1


def test_ending_needs_the_token_of_the_form(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/me/sessions/", {"end": "others"}).status_code == 403


def test_a_session_that_ran_out_is_not_listed(ada: User, desk: Client, phone: Client) -> None:
    Session.objects.filter(known__device__contains="iPhone").update(expire_date=timezone.now() - timedelta(seconds=1))
    assert [item["device"] for item in listed(desk)] == ["Firefox on Linux"]
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    assert UserSession.objects.count() == 1


def test_last_seen_moves_but_not_with_every_page(ada: User, desk: Client, django_assert_num_queries: Any) -> None:
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    with django_assert_num_queries(2):  # the session and the person
        desk.get("/me/welcome/")
    fresh = session_tracking.SessionTracking(lambda request: None)  # type: ignore[arg-type,return-value]
    key = desk.session.session_key
    assert key
    assert fresh.is_due(key)
    assert not fresh.is_due(key)


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_during_its_own_request_stays_ended(ada: User, desk: Client, rf: Any) -> None:
    request, key = rf.get("/"), desk.session.session_key
    request.session = desk.session
    assert key
    Session.objects.filter(pk=key).delete()
    session_tracking.touch_session(request, ada, key)
    assert not Session.objects.filter(pk=key).exists()
    assert not UserSession.objects.filter(session_id=key).exists()


def test_when_one_signed_in_is_known_for_acts_that_need_it_recent(ada: User, desk: Client, rf: Any) -> None:
    request = rf.get("/")
    request.session = desk.session
    assert session_tracking.is_recent(request, 60)
    request.session[session_tracking.PROVEN_AT] = 1
    assert not session_tracking.is_recent(request, 60)
    del request.session[session_tracking.PROVEN_AT]
    assert not session_tracking.is_recent(request, 60)
