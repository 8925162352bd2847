"""Tokens go with a person's last session, whatever ends it, and with no other."""

import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.workflows.models import Run, Specification
from tests.factories import make_project
from tests.iam.browsing import come_back, sign_in_as, signed_in
from tests.iam.issuer import Issuer
from tests.iam.test_backchannel import call
from vre_portal.iam import vault, worker
from vre_portal.iam.models import Token, User, UserSession
from vre_portal.iam.sessions import session_end, sign_out
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
LOGOUT = "/accounts/logout/"


@pytest.fixture
def desk() -> Client:
    return Client()


@pytest.fixture
def phone() -> Client:
    return Client()


@pytest.fixture
def ada(issuer: Issuer, desk: Client, phone: Client) -> User:
    """Somebody who is signed in in two browsers."""
    sign_in_as(desk, issuer)
    return sign_in_as(phone, issuer)


def live_tokens(user: User) -> int:
    return Token.objects.filter(user=user, retired_at=None).exclude(access="").count()


def expire(*browsers: Client) -> None:
    keys = [browser.session.session_key for browser in browsers]
    Session.objects.filter(pk__in=keys).update(expire_date=timezone.now() - timedelta(seconds=1))


def test_signing_out_in_one_browser_leaves_the_other_its_tokens(ada: User, desk: Client, phone: Client, rucio: Service) -> None:
    desk.post(LOGOUT)
    assert (signed_in(desk), signed_in(phone)) == (False, True)
    assert vault.access_token(ada, rucio, purpose="a run that goes on")
    phone.post(LOGOUT)
    assert live_tokens(ada) == 0


def test_tokens_of_the_last_session_are_taken_back_at_the_iam(
    ada: User, issuer: Issuer, desk: Client, phone: Client, django_capture_on_commit_callbacks: Any
) -> None:
    desk.post(LOGOUT)
    assert not [value for value in issuer.revoked if value.startswith("refresh")][1:]
    phone.post(LOGOUT)
    for pk in list(Token.objects.filter(user=ada, retired_at__isnull=False).values_list("pk", flat=True)):
        worker.revoke(pk)
    assert not Token.objects.filter(user=ada).exists()
    assert issuer.revoked


def test_sessions_that_ran_out_take_the_tokens_with_them_only_when_none_is_left(ada: User, desk: Client, phone: Client) -> None:
    expire(desk)
    worker.forget()
    assert live_tokens(ada) == 1
    expire(phone)
    worker.forget()
    assert live_tokens(ada) == 0


def test_one_that_ran_out_unseen_is_no_session_any_more(ada: User, desk: Client, phone: Client) -> None:
    expire(phone)
    desk.post(LOGOUT)
    assert live_tokens(ada) == 0


def test_ending_the_others_keeps_the_tokens(ada: User, desk: Client) -> None:
    desk.post("/me/sessions/", {"end": "others"})
    assert live_tokens(ada) == 1


def test_signing_out_everywhere_is_a_choice(ada: User, desk: Client, phone: Client) -> None:
    desk.post(LOGOUT, {"where": "everywhere", "confirmed": "1"})
    assert (signed_in(desk), signed_in(phone), live_tokens(ada)) == (False, False, 0)


def test_staff_who_shut_somebody_out_end_their_sessions_and_tokens(ada: User, issuer: Issuer) -> None:
    staff = Client()
    sign_in_as(staff, issuer, "root", groups=["escape/admins"])
    staff.post(f"/control/iam/user/{ada.pk}/change/", {"_save": "Save"})
    ada.refresh_from_db()
    assert not ada.is_active
    assert not UserSession.objects.filter(user=ada).exists()
    assert live_tokens(ada) == 0


def test_staff_who_end_all_sessions_end_the_tokens(ada: User, issuer: Issuer) -> None:
    staff = Client()
    sign_in_as(staff, issuer, "root", groups=["escape/admins"])
    staff.post(f"/control/iam/user/{ada.pk}/sessions/", {"end": "all"})
    assert live_tokens(ada) == 0


def test_the_iam_ends_its_sessions_and_with_them_its_tokens(ada: User, issuer: Issuer, desk: Client) -> None:
    assert call(issuer).status_code == 200
    assert not signed_in(desk)
    assert live_tokens(ada) == 0


def test_signing_in_again_in_the_same_browser_is_no_end(ada: User, issuer: Issuer, desk: Client, phone: Client, rucio: Service) -> None:
    phone.post(LOGOUT)
    vault.access_token(ada, rucio, purpose="x")
    ended: list[User] = []
    session_end.last_session_ended.connect(lambda user, **_: ended.append(user), weak=False, dispatch_uid="test")
    try:
        sign_in_as(desk, issuer)
    finally:
        session_end.last_session_ended.disconnect(dispatch_uid="test")
    assert not ended
    assert live_tokens(ada) == 2  # what was exchanged stays


def test_somebody_else_at_the_same_browser_ends_the_session_before(issuer: Issuer, desk: Client) -> None:
    ada = sign_in_as(desk, issuer)
    eve = sign_in_as(desk, issuer, "eve")
    assert (live_tokens(ada), live_tokens(eve)) == (0, 1)


def test_a_process_that_died_in_between_is_found_by_the_sweep(ada: User) -> None:
    UserSession.objects.filter(user=ada)._raw_delete("default")  # past Django, as a crash or a truncated table leaves it
    worker.forget()
    assert live_tokens(ada) == 1  # somebody may be signing in just now
    Token.objects.filter(user=ada).update(renewed_at=timezone.now() - timedelta(hours=1))
    worker.forget()
    assert live_tokens(ada) == 0


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_sign_out_at_once_leave_no_token(ada: User, desk: Client, phone: Client) -> None:
    together = threading.Barrier(2)

    def leave(browser: Client) -> None:
        together.wait()
        browser.post(LOGOUT)
        connection.close()

    for _ in range(1):
        threads = [threading.Thread(target=leave, args=(browser,)) for browser in (desk, phone)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert live_tokens(ada) == 0
    assert not UserSession.objects.filter(user=ada).exists()


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_during_a_sign_out_keeps_its_tokens(issuer: Issuer, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last session ends when the new one has its tokens from the IAM, and not its session yet."""
    sign_in_as(desk, issuer)
    phone, original = Client(), vault.store_sign_in

    def keep(user: User, tokens: Any) -> list[int]:
        thread = threading.Thread(target=lambda: (desk.post(LOGOUT), connection.close()))
        kept = original(user, tokens)
        thread.start()
        thread.join()
        return kept

    monkeypatch.setattr(vault, "store_sign_in", keep)
    come_back(phone, issuer)
    assert (signed_in(desk), signed_in(phone)) == (False, True)
    assert live_tokens(User.objects.get()) == 1


@pytest.fixture
def run_under_way(ada: User) -> Any:
    """A run of hers that REANA has at work."""
    project = make_project(slug="km3net", title="KM3NeT", lead=ada)
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text="")
    return Run.objects.create(
        project=project, number=7, by=ada, specification=specification, text="", key=uuid.uuid4(), server="reana", name="a",
        status=Run.Status.RUNNING,
    )  # fmt: skip


def test_what_will_wait_is_said_before_the_last_session_ends(run_under_way: Any, ada: User, desk: Client, phone: Client) -> None:
    assert phone.post(LOGOUT).status_code == 302  # the other browser goes on, so nothing waits
    page = desk.post(LOGOUT)
    assert page.status_code == 200
    assert "Run 7 of KM3NeT" in page.content.decode()
    assert "This waits until you sign in again" in page.content.decode()
    assert signed_in(desk)
    assert live_tokens(ada) == 1
    assert desk.post(LOGOUT, {"confirmed": "1"}).status_code == 302
    assert not signed_in(desk)


def test_signing_out_everywhere_says_so_too(run_under_way: Any, desk: Client, phone: Client) -> None:
    page = desk.post(LOGOUT, {"where": "everywhere"}).content.decode()
    assert "Run 7 of KM3NeT" in page
    assert re.search(r'<input [^>]*value="everywhere"[^>]* checked>', page)
    assert signed_in(phone)


def test_an_iam_without_a_sign_out_is_named(ada: User, desk: Client) -> None:
    page = desk.post(LOGOUT, follow=True).content.decode()
    assert "The portal cannot sign you out of Test IAM" in page
    assert f"sign out at {ada.issuer}" in page
    assert "close the browser" not in page


def test_an_application_that_fails_keeps_nobody_from_signing_out(ada: User, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def servers(self, user: User) -> list[Any]:
            raise KeyError("servers")

        stop = leave = servers

    def broken(user: User) -> list[Any]:
        raise KeyError("waiting")

    monkeypatch.setattr(sign_out, "_sites", [Broken()])
    monkeypatch.setattr(sign_out, "_waiting", [broken])
    assert desk.post(LOGOUT).status_code == 302
    assert not signed_in(desk)
