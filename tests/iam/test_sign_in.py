"""Signing in by the browser: what is believed, who one becomes, and where one lands."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.iam.browsing import CALLBACK, FAILED, come_back, sign_in_as, signed_in, start, told
from tests.iam.issuer import Issuer
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc import discovery
from vre_portal.iam.sign_in import redirects
from vre_portal.services import Service

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _person(issuer: Issuer) -> None:
    issuer.person("ada")


def test_the_page_has_a_button_and_only_its_post_leads_to_the_iam(visitor: Client, issuer: Issuer) -> None:
    page = visitor.get("/accounts/login/")
    assert page.status_code == 200
    assert b"Sign in with Test IAM" in page.content
    answer = start(visitor)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{issuer.url}authorize?")


def test_what_is_asked_of_the_iam_is_configuration_not_the_query(visitor: Client, issuer: Issuer) -> None:
    answer = visitor.post("/accounts/login/?scope=admin&auth_params=prompt%3Dnone&process=connect&action=rerequest")
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}
    assert set(query["scope"].split()) == {"openid", "profile", "offline_access"}
    assert query["code_challenge_method"] == "S256"
    assert query["nonce"]
    assert query["state"]
    assert query["redirect_uri"].endswith(CALLBACK)
    assert "prompt" not in query


def test_a_sign_in_needs_the_token_of_the_form(issuer: Issuer) -> None:
    assert Client(enforce_csrf_checks=True).post("/accounts/login/").status_code == 403


def test_a_person_is_issuer_and_subject_and_has_the_groups_of_the_iam(visitor: Client, issuer: Issuer) -> None:
    user = sign_in_as(visitor, issuer, "grace", name="Grace", preferred_username="gh", groups=["/escape/km3net", "escape"])
    assert (user.issuer, user.subject, user.name) == (issuer.url, "grace", "Grace")
    assert user.groups == ["escape", "escape/km3net"]
    assert signed_in(visitor)


def test_groups_follow_each_sign_in(issuer: Issuer) -> None:
    assert sign_in_as(Client(), issuer, groups=["escape", "escape/admins"]).is_staff
    user = sign_in_as(Client(), issuer, groups=["escape"])
    assert (user.groups, user.is_staff) == (["escape"], False)


def test_an_equal_e_mail_or_name_is_not_the_same_person(issuer: Issuer) -> None:
    ada = sign_in_as(Client(), issuer, "ada", email="a@x.example", preferred_username="ada", email_verified=True)
    eve = sign_in_as(Client(), issuer, "eve", email="a@x.example", preferred_username="ada", email_verified=True)
    assert ada.pk != eve.pk
    again = sign_in_as(Client(), issuer, "ada", email="new@x.example", preferred_username="root", name="Other")
    assert again.pk == ada.pk


def test_the_session_changes_at_sign_in_and_holds_no_token(visitor: Client, issuer: Issuer) -> None:
    started = start(visitor)
    before = visitor.session.session_key
    come_back(visitor, issuer, "ada", started)
    assert visitor.session.session_key != before
    held = repr([session.get_decoded() for session in Session.objects.all()])
    token = Token.objects.get(service="")
    for secret in (*issuer.refreshes, token.open_access(), token.open_access().split(".")[-1]):
        assert secret not in held


@pytest.mark.parametrize(
    "changes", [{"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"iss": "https://evil.example/"}, {"exp": 1}]
)
def test_an_identity_token_that_does_not_fit_signs_nobody_in(changes: dict[str, Any], visitor: Client, issuer: Issuer) -> None:
    issuer.identity_changes = changes
    answer = come_back(visitor, issuer)
    assert answer.status_code == 403
    assert "Sign-in failed" in answer.content.decode()
    assert not signed_in(visitor)
    assert not User.objects.exists()


def test_userinfo_of_another_person_signs_nobody_in(visitor: Client, issuer: Issuer) -> None:
    issuer.userinfo_changes = {"sub": "mallory"}
    assert come_back(visitor, issuer).status_code == 403
    assert not User.objects.exists()


def test_an_answer_that_names_another_issuer_signs_nobody_in(visitor: Client, issuer: Issuer) -> None:
    assert come_back(visitor, issuer, iss="https://evil.example/").status_code == 403
    assert issuer.asked["authorization_code"] == 0
    assert come_back(visitor, issuer, iss=issuer.url).status_code == 302


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(visitor: Client, issuer: Issuer) -> None:
    started = start(visitor)
    answer = issuer.authorize(started["Location"], "ada")
    assert Client().get(CALLBACK, answer)["Location"] == FAILED
    assert visitor.get(CALLBACK, {**answer, "state": "another"})["Location"] == FAILED
    assert visitor.get(CALLBACK, answer)["Location"] == "/me/welcome/"
    assert visitor.get(CALLBACK, answer)["Location"] == FAILED


def test_stopping_at_the_iam_is_said_kindly(visitor: Client, issuer: Issuer) -> None:
    state = issuer.authorize(start(visitor)["Location"], "ada")["state"]
    answer = told(visitor, visitor.get(CALLBACK, {"error": "access_denied", "state": state}))
    assert "You cancelled the sign-in at Test IAM" in answer.content.decode()


def test_an_error_text_in_the_answer_is_not_shown(visitor: Client, issuer: Issuer) -> None:
    state = issuer.authorize(start(visitor)["Location"], "ada")["state"]
    answer = told(visitor, visitor.get(CALLBACK, {"error": "<script>x</script>", "error_description": "call 0900", "state": state}))
    assert answer.status_code == 403
    for text in ("<script>x", "0900", state):
        assert text not in answer.content.decode()
    assert visitor.get(FAILED)["Location"] == "/accounts/login/"


def test_an_iam_that_is_down_answers_as_a_page_that_says_so(visitor: Client, issuer: Issuer, iam: Service) -> None:
    started = start(visitor)
    issuer.down = True
    assert come_back(visitor, issuer, "ada", started).status_code == 503
    assert not User.objects.exists()


@pytest.mark.parametrize("was_known", [False, True])
def test_a_sign_in_begun_while_the_iam_is_down_says_so(visitor: Client, issuer: Issuer, iam: Service, was_known: bool) -> None:
    if was_known:
        discovery.discover(iam)
    issuer.down = True
    answer = start(visitor)
    assert answer.status_code == 503
    assert "Test IAM" in answer.content.decode()


def test_who_was_switched_off_here_stays_out(issuer: Issuer) -> None:
    user = sign_in_as(Client(), issuer)
    User.objects.filter(pk=user.pk).update(is_active=False)
    visitor = Client()
    assert come_back(visitor, issuer).status_code == 403
    assert not signed_in(visitor)


def test_an_iam_that_is_not_configured_has_no_address(visitor: Client, issuer: Issuer) -> None:
    assert visitor.get("/accounts/oidc/evil/login/callback/", {"state": "x", "code": "y"}).status_code == 404
    assert start(visitor, iam="evil").status_code == 200


def test_the_page_about_me_shows_no_token(visitor: Client, issuer: Issuer) -> None:
    user = sign_in_as(visitor, issuer, "eve", name="<script>alert(1)</script>")
    token = Token.objects.get(user=user)
    for page in (visitor.get("/me/"), visitor.get("/me/", {"format": "json"})):
        text = page.content.decode()
        assert token.open_access() not in text
        assert token.open_refresh() not in text
        assert token.access not in text
    assert "<script>alert" not in visitor.get("/me/").content.decode()


def test_signing_out_ends_the_session_and_the_tokens(visitor: Client, issuer: Issuer) -> None:
    sign_in_as(visitor, issuer)
    assert visitor.get("/accounts/logout/").status_code == 405
    assert visitor.post("/accounts/logout/").status_code == 302
    assert not signed_in(visitor)
    assert not Token.objects.filter(retired_at=None).exists()


def test_signing_out_goes_by_the_iam_where_it_has_an_address_for_it(visitor: Client, issuer: Issuer) -> None:
    issuer.end_session = f"{issuer.url}endsession"
    sign_in_as(visitor, issuer)
    address = urlsplit(visitor.post("/accounts/logout/")["Location"])
    query = parse_qs(address.query)
    assert address.path == "/endsession"
    assert query["client_id"] == ["portal"]
    assert query["post_logout_redirect_uri"][0].endswith("/")
    assert "id_token_hint" not in query


class TestSignInAgain:
    """A page that meets an ended sign-in."""

    @pytest.fixture
    def meet(self) -> Any:
        def answer(request: Any) -> HttpResponse:
            found = redirects.SignInAgainMiddleware(lambda _: HttpResponse()).process_exception(request, redirects.SignInAgain("x"))
            assert found is not None
            return found

        return answer

    def test_a_page_leads_to_the_sign_in_and_back(self, meet: Any, rf: Any) -> None:
        answer = meet(rf.get("/datalake/escape/", {"q": "a b"}))
        query = parse_qs(urlsplit(answer["Location"]).query)
        assert query == {"next": ["/datalake/escape/?q=a+b"], "again": ["1"]}

    def test_a_form_leads_back_to_the_page_it_was_on(self, meet: Any, rf: Any) -> None:
        answer = meet(rf.post("/projects/x/keep/", headers={"Referer": "http://testserver/projects/x/?a=1"}))
        assert parse_qs(urlsplit(answer["Location"]).query)["next"] == ["/projects/x/?a=1"]
        answer = meet(rf.post("/projects/x/keep/", headers={"Referer": "https://evil.example/projects/x/"}))
        assert "next" not in parse_qs(urlsplit(answer["Location"]).query)

    def test_a_fragment_sends_the_whole_page(self, meet: Any, rf: Any) -> None:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/projects/x/"}
        answer = meet(rf.get("/projects/x/runs/", headers=headers))
        assert parse_qs(urlsplit(answer["HX-Redirect"]).query)["next"] == ["/projects/x/"]

    def test_a_program_gets_a_401(self, meet: Any, rf: Any) -> None:
        assert meet(rf.get("/datalake/", {"format": "json"})).status_code == 401


class TestGroupsWhileSomeoneIsHere:
    """What the IAM takes away is gone here within minutes, without signing in anew."""

    @pytest.fixture
    def user(self, visitor: Client, issuer: Issuer) -> User:
        user = sign_in_as(visitor, issuer, "ada", groups=["escape", "escape/km3net"])
        assert issuer.asked["userinfo"] == 1
        User.objects.update(groups_seen_at=timezone.now() - timedelta(minutes=5))
        return user

    def test_groups_are_asked_for_again_and_once(self, user: User, visitor: Client, issuer: Issuer) -> None:
        issuer.people["ada"]["groups"] = ["escape"]
        for _ in range(3):
            assert visitor.get("/me/", {"format": "json"}).json()["groups"] == ["escape"]
        assert issuer.asked["userinfo"] == 2

    def test_public_pages_do_not_ask(self, user: User, visitor: Client, issuer: Issuer) -> None:
        visitor.get("/accounts/login/")
        assert issuer.asked["userinfo"] == 1

    def test_an_iam_that_is_down_is_asked_once_and_the_page_comes(self, user: User, visitor: Client, issuer: Issuer) -> None:
        issuer.down = True
        for _ in range(3):
            assert visitor.get("/me/", {"format": "json"}).json()["groups"] == ["escape", "escape/km3net"]
        assert issuer.asked["userinfo"] == 2

    def test_who_is_switched_off_at_the_iam_is_signed_out_here(self, user: User, visitor: Client, issuer: Issuer) -> None:
        del issuer.people["ada"]
        issuer.refreshes.clear()
        assert visitor.get("/me/")["Location"] == "/accounts/login/?next=%2Fme%2F&again=1"
        assert not signed_in(visitor)
        assert not Token.objects.exists()

    def test_an_access_token_ended_early_is_refreshed(self, user: User, visitor: Client, issuer: Issuer) -> None:
        issuer.revoked.append(Token.objects.get().open_access())
        issuer.people["ada"]["groups"] = []
        assert visitor.get("/me/", {"format": "json"}).json()["groups"] == []
        assert issuer.asked["refresh_token"] == 1
