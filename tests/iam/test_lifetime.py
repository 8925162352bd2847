"""When a session ends by itself: unused, some time after the sign-in, or because of too many others."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.iam.browsing import sign_in_as, signed_in
from tests.iam.issuer import Issuer
from vre_portal.audit.models import AuditEntry
from vre_portal.iam import worker
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sessions import session_tracking

pytestmark = pytest.mark.django_db
IDLE, WHOLE = 3600, 4 * 3600


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_SECONDS = IDLE, WHOLE


@pytest.fixture
def ada(issuer: Issuer, visitor: Client) -> User:
    return sign_in_as(visitor, issuer)


def seconds_left() -> float:
    """Until the only session ends if nothing more happens."""
    return (Session.objects.get().expire_date - timezone.now()).total_seconds()


def pass_by(visitor: Client, seconds: float) -> None:
    """Let so much time go by: everything that is written down is so much older."""
    session = visitor.session
    session[session_tracking.SIGNED_IN_AT] -= seconds
    session.save()
    age = timedelta(seconds=seconds)
    for row in UserSession.objects.all():
        UserSession.objects.filter(pk=row.pk).update(signed_in_at=row.signed_in_at - age, last_seen_at=row.last_seen_at - age)


@pytest.fixture(autouse=True)
def _due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_tracking.SessionTracking, "is_due", lambda *_: True)


def test_a_session_that_nobody_uses_ends(ada: User, visitor: Client) -> None:
    assert IDLE - 60 < seconds_left() <= IDLE
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not signed_in(visitor)


def test_using_it_moves_its_end_without_a_write_to_what_it_holds(ada: User, visitor: Client) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    before = Session.objects.get().session_data
    assert signed_in(visitor)
    assert seconds_left() > IDLE - 60
    assert Session.objects.get().session_data == before


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "text/event-stream"}])
def test_a_page_that_asks_by_itself_keeps_no_session_alive(headers: dict[str, str], ada: User, visitor: Client) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=30))
    visitor.get("/me/", headers=headers)
    assert seconds_left() <= 30
    visitor.post("/theme/", {"theme": "dark"}, headers=headers)  # somebody pressed that
    assert signed_in(visitor)
    assert seconds_left() > IDLE - 60


def test_no_use_carries_it_over_its_whole_time(ada: User, visitor: Client) -> None:
    pass_by(visitor, WHOLE - 100)
    assert signed_in(visitor)
    assert seconds_left() <= 100
    pass_by(visitor, 101)
    assert not signed_in(visitor)


def test_writing_to_it_does_not_move_its_end_over_its_whole_time(ada: User, visitor: Client) -> None:
    pass_by(visitor, WHOLE - 100)
    visitor.post("/theme/", {"theme": "dark"})
    session = visitor.session
    session["anything"] = 1
    session.save()
    assert seconds_left() <= 100


def test_signing_in_again_begins_anew(ada: User, issuer: Issuer, visitor: Client) -> None:
    pass_by(visitor, WHOLE - 100)
    sign_in_as(visitor, issuer)
    assert UserSession.objects.get().signed_in_at > timezone.now() - timedelta(minutes=1)
    assert seconds_left() > IDLE - 60


def test_the_cookie_lives_as_long_as_the_session_may(issuer: Issuer, visitor: Client, settings: Any) -> None:
    sign_in_as(visitor, issuer)
    age = visitor.cookies[settings.SESSION_COOKIE_NAME]["max-age"]
    assert WHOLE - 60 < age <= WHOLE


def test_a_session_of_nobody_lasts_as_long_as_one_that_is_not_used(issuer: Issuer, visitor: Client) -> None:
    visitor.post("/accounts/login/")
    assert seconds_left() <= IDLE


def test_a_session_of_which_nobody_knows_when_it_began_is_over(ada: User, visitor: Client) -> None:
    session = visitor.session
    del session[session_tracking.SIGNED_IN_AT]
    session.save()
    assert not signed_in(visitor)


def test_the_page_says_when_each_ends_and_by_which_rules(ada: User, visitor: Client, settings: Any) -> None:
    item = visitor.get("/me/sessions/", {"format": "json"}).json()["items"][0]
    assert item["ends_at"] < item["ends_at_latest"]
    page = " ".join(visitor.get("/me/sessions/").content.decode().split())
    assert "after 1 hour without use, and 4 hours after signing in" in page
    assert "You can have any number of sessions." in page


def test_with_one_more_than_allowed_the_oldest_ends(issuer: Issuer, settings: Any) -> None:
    settings.MAX_SESSIONS = 2
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        sign_in_as(browser, issuer)
    other = Client()
    sign_in_as(other, issuer, "eve")
    assert [signed_in(browser) for browser in browsers] == [False, False, True, True]
    assert signed_in(other)
    assert [entry.facts["why"] for entry in AuditEntry.objects.filter(action="session.end")] == ["more than allowed"] * 2


def test_without_a_limit_one_may_have_many(issuer: Issuer) -> None:
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        sign_in_as(browser, issuer)
    assert all(signed_in(browser) for browser in browsers)


def test_what_has_run_out_is_deleted_by_the_sweep(ada: User, issuer: Issuer) -> None:
    sign_in_as(Client(), issuer)
    Session.objects.filter(pk=Session.objects.all()[0].pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    worker.forget()
    assert Session.objects.count() == UserSession.objects.count() == 1
