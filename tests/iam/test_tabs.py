"""Two tabs of one browser: what the other one does is a clear page here, and changes nothing."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.iam.browsing import CALLBACK, sign_in_as
from tests.iam.issuer import Issuer
from vre_portal.iam.models import UserSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(issuer: Issuer) -> Client:
    """One that checks forms as the portal does, signed in."""
    client = Client(enforce_csrf_checks=True)
    enter(client, issuer, "ada")
    return client


def token(client: Client, page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"', client.get(page).content.decode())
    assert found
    return found[1]


def enter(client: Client, issuer: Issuer, sub: str) -> None:
    form = {"csrfmiddlewaretoken": token(client, "/accounts/login/")}
    answer = issuer.authorize(client.post("/accounts/login/", form)["Location"], issuer.person(sub))
    assert client.get(CALLBACK, answer)["Location"] == "/me/welcome/"


def leave(client: Client) -> None:
    assert client.post("/accounts/logout/", {"csrfmiddlewaretoken": token(client, "/me/")}).status_code == 302


def test_a_form_of_a_tab_that_was_left_behind_leads_to_the_sign_in(browser: Client, issuer: Issuer) -> None:
    sign_in_as(Client(), issuer)
    form = {"csrfmiddlewaretoken": token(browser, "/me/sessions/"), "end": "others"}
    leave(browser)
    answer = browser.post("/me/sessions/", form)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert browser.get(answer["Location"]).status_code == 200
    assert UserSession.objects.count() == 1  # the other browser's is still there


def test_a_form_of_the_person_before_is_not_taken_from_the_one_who_signed_in_since(browser: Client, issuer: Issuer) -> None:
    sign_in_as(Client(), issuer, "eve")
    form = {"csrfmiddlewaretoken": token(browser, "/me/sessions/"), "end": "others"}
    leave(browser)
    enter(browser, issuer, "eve")
    answer = browser.post("/me/sessions/", form)
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
    assert UserSession.objects.filter(user__subject="eve").count() == 2


def test_signing_out_twice_is_no_error(browser: Client) -> None:
    form = {"csrfmiddlewaretoken": token(browser, "/me/")}
    assert [browser.post("/accounts/logout/", form).status_code for _ in range(2)] == [302, 302]


def test_the_key_of_a_session_that_somebody_planted_is_worth_nothing_after_the_sign_in(issuer: Issuer) -> None:
    thief, victim = Client(), Client(enforce_csrf_checks=True)
    thief.post("/accounts/login/")  # a session of nobody, with a key that the thief knows
    name, planted = next((morsel.key, morsel.value) for morsel in thief.cookies.values() if "session" in morsel.key)
    victim.cookies[name] = planted
    enter(victim, issuer, "ada")
    assert victim.cookies[name].value != planted
    assert not Session.objects.filter(pk=planted).exists()
    assert thief.get("/me/").status_code == 302


def test_a_key_that_somebody_made_up_is_not_taken_over(issuer: Issuer) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["vre_session"] = "x" * 32
    enter(browser, issuer, "ada")
    assert browser.cookies["vre_session"].value != "x" * 32
    assert not Session.objects.filter(pk="x" * 32).exists()


def test_each_proof_changes_the_key(browser: Client, issuer: Issuer) -> None:
    before = browser.session.session_key
    enter(browser, issuer, "ada")
    assert browser.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()
