"""Staff end somebody's sessions: theirs alone may, lately proven, by a form of ours, and it is written down."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.iam.sessions.step_up import RECENT_SECONDS

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def page(people: dict[str, User]) -> str:
    return reverse("admin:iam_user_sessions", args=[people["member"].pk])


@pytest.fixture
def three(signed_in: SignIn) -> list[Client]:
    """Two browsers of the member, and one of the lead."""
    return [signed_in("member"), signed_in("member"), signed_in("lead")]


def here(browsers: list[Client]) -> list[bool]:
    return [browser.get("/me/").status_code == 200 for browser in browsers]


def test_staff_see_where_somebody_is_signed_in_and_no_key(three: list[Client], signed_in: SignIn, page: str) -> None:
    staff = signed_in("admin")
    text = staff.get(page).content.decode()
    assert text.count("A program or an unknown browser<br>") == 2
    assert not [key for key in UserSession.objects.values_list("session_id", flat=True) if key in text]
    person = staff.get(page.replace("sessions/", "change/")).content.decode()
    assert f'<a href="{page}">2 sessions</a>' in person


def test_one_is_ended_and_the_others_go_on(three: list[Client], signed_in: SignIn, page: str, people: dict[str, User]) -> None:
    staff, one = signed_in("admin"), UserSession.objects.get(session_id=three[0].session.session_key)
    answer = staff.post(page, {"end": one.handle}, follow=True)
    assert "1 session ended" in answer.content.decode()
    assert here(three) == [False, True, True]
    entry = AuditEntry.objects.get(action="session.end")
    assert (entry.actor, entry.subject) == (people["admin"].handle, f"person/{people['member'].handle}")
    assert entry.facts == {"count": 1}


def test_all_are_ended_at_once_and_nobody_elses(three: list[Client], signed_in: SignIn, page: str) -> None:
    staff = signed_in("admin")
    staff.post(page, {"end": "all"})
    assert here(three) == [False, False, True]
    assert staff.get(page).status_code == 200
    assert "has no sessions" in staff.get(page).content.decode()


@pytest.mark.parametrize("wanted", ["", "others", "nonsense", "00000000-0000-0000-0000-000000000000", "\0"])
def test_what_names_no_session_of_theirs_ends_none(wanted: str, three: list[Client], signed_in: SignIn, page: str) -> None:
    other = UserSession.objects.get(session_id=three[2].session.session_key)
    for handle in (wanted, str(other.handle)):
        assert signed_in("admin").post(page, {"end": handle}).status_code == 302
    assert here(three) == [True] * 3
    assert not AuditEntry.objects.filter(action="session.end").exists()


@pytest.mark.parametrize("name", ["anonymous", "newcomer", "outsider", "member", "lead"])
def test_nobody_else_finds_the_page(name: str, three: list[Client], signed_in: SignIn, page: str) -> None:
    browser = signed_in(name)
    assert browser.get(page).status_code == 404
    assert browser.post(page, {"end": "all"}).status_code == 404
    assert here(three) == [True] * 3


def test_a_sign_in_that_is_not_recent_ends_nothing(three: list[Client], signed_in: SignIn, page: str) -> None:
    staff = signed_in("admin")
    session = staff.session
    session[PROVEN_AT] = time.time() - RECENT_SECONDS - 1
    session.save()
    assert "fresh=1" in staff.post(page, {"end": "all"})["Location"]
    assert here(three) == [True] * 3


def test_a_form_of_another_site_ends_nothing(three: list[Client], signed_in: SignIn, page: str) -> None:
    staff: Any = signed_in("admin", enforce_csrf_checks=True)
    assert staff.post(page, {"end": "all"}).status_code == 403
    assert here(three) == [True] * 3


def test_somebody_who_does_not_exist_has_no_page(signed_in: SignIn) -> None:
    assert signed_in("admin").get(reverse("admin:iam_user_sessions", args=[10**12])).status_code == 404
