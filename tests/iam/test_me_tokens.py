"""The pages of a person's own tokens."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.api.callers import bearing, code_of, ready
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure
from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.models import PREFIX, PersonalToken, Scope, digest
from vre_portal.iam.sessions.session_tracking import PROVEN_AT

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
FORM = {"name": "laptop", "scopes": ["basket:read"], "days": "30"}


def test_the_value_is_shown_once_and_works(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("member")
    page = browser.post("/me/tokens/new/", FORM)
    secret = next(iter(re.findall(rf"{PREFIX}[\w-]{{43}}", page.content.decode())))
    assert "no-store" in page["Cache-Control"]
    for address in ("/me/tokens/", "/me/tokens/?format=json", "/me/tokens/?format=csv", "/me/", "/notices/"):
        assert secret not in browser.get(address).content.decode()
    assert "laptop" in browser.get("/me/tokens/").content.decode()
    ready(people["member"])
    assert bearing(secret).get("/api/me/").json()["scopes"] == ["basket:read"]


def secret_of(page: HttpResponse) -> str:
    return next(iter(re.findall(rf"{PREFIX}[\w-]{{43}}", page.content.decode())))


def test_the_same_form_again_makes_no_second_one(signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert [browser.post("/me/tokens/new/", FORM).status_code for _ in range(2)] == [200, 422]
    assert PersonalToken.objects.count() == 1


def test_a_double_press_shows_a_value_that_works(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("member")
    key = next(iter(re.findall(r'name="form_key" value="([0-9a-f-]{36})"', browser.get("/me/tokens/new/").content.decode())))
    first, second = (secret_of(browser.post("/me/tokens/new/", FORM | {"form_key": key})) for _ in range(2))
    ready(people["member"])
    assert PersonalToken.objects.count() == 1
    assert [bearing(secret).get("/api/me/").status_code for secret in (first, second)] == [401, 200]


def test_a_token_that_was_used_keeps_its_value(signed_in: SignIn) -> None:
    browser, form = signed_in("member"), FORM | {"form_key": "2b1ff2a8-8cf2-4fc4-8a92-0f1d4e3d9b6a"}
    secret = secret_of(browser.post("/me/tokens/new/", form))
    PersonalToken.objects.get().note_use()
    assert browser.post("/me/tokens/new/", form).status_code == 422
    assert PersonalToken.objects.get().secret_digest == digest(secret)


def test_a_form_of_long_ago_changes_no_value(signed_in: SignIn, people: dict[str, User]) -> None:
    browser, form = signed_in("member"), FORM | {"form_key": "2b1ff2a8-8cf2-4fc4-8a92-0f1d4e3d9b6a"}
    secret = secret_of(browser.post("/me/tokens/new/", form))
    PersonalToken.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert browser.post("/me/tokens/new/", form).status_code == 422
    assert browser.post("/me/tokens/new/", form | {"name": "other"}).status_code == 200
    ready(people["member"])
    assert bearing(secret).get("/api/me/").status_code == 200


def test_one_that_expired_gives_its_name_free_and_is_told_as_expired(signed_in: SignIn, people: dict[str, User]) -> None:
    services.create("Laptop", scopes=[Scope.DATA_READ], days=1, by=people["member"])
    PersonalToken.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    services.create("laptop", scopes=[Scope.DATA_READ], days=1, by=people["member"])
    page = signed_in("member").get("/me/tokens/").content.decode()
    assert "<td>Expired" in page
    assert "<td>Revoked" not in page


@pytest.mark.parametrize("pair", [("kelvin", "\u212aelvin"), ("stra\u00dfe", "STRASSE"), ("i\u0307x", "\u0130X"), ("a", "A")])
def test_names_that_differ_in_case_alone_are_compared_as_the_database_does(people: dict[str, User], pair: tuple[str, str]) -> None:
    for name in pair:
        with suppress(services.TokenRefused), transaction.atomic():
            services.create(name, scopes=[Scope.DATA_READ], days=1, by=people["member"])
    assert PersonalToken.objects.exists(), "and no error of the database went out"


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "\u200b"}, {"scopes": []}, {"scopes": ["admin"]}, {"days": "36500"}, {"days": ""}]
)
def test_what_is_wrong_makes_none(signed_in: SignIn, wrong: dict[str, object]) -> None:
    assert signed_in("member").post("/me/tokens/new/", {**FORM, **wrong}).status_code == 422
    assert not PersonalToken.objects.exists()


def test_a_session_left_open_makes_none(signed_in: SignIn) -> None:
    browser = signed_in("member")
    session = browser.session
    session[PROVEN_AT] = 0
    session.save()
    for reply in (browser.get("/me/tokens/new/"), browser.post("/me/tokens/new/", FORM)):
        assert reply.status_code == 302
        assert "fresh=1" in reply["Location"]
    assert not PersonalToken.objects.exists()


def test_what_was_typed_is_kept_when_the_sign_in_grew_old_meanwhile(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("member")
    browser.get("/me/tokens/new/")
    session = browser.session
    proven = session[PROVEN_AT]
    session[PROVEN_AT] = 0
    session.save()
    reply = browser.post("/me/tokens/new/", FORM | {"name": "my laptop"}, headers={"Referer": "http://testserver/me/tokens/new/"})
    back = parse_qs(urlsplit(reply["Location"]).query)["next"][0]
    session[PROVEN_AT] = proven
    session.save()
    assert 'value="my laptop"' in browser.get(back).content.decode()


def test_they_go_with_the_account(people: dict[str, User], signed_in: SignIn) -> None:
    _token, secret = services.create("laptop", scopes=[Scope.DATA_READ], days=1, by=people["member"])
    ready(people["member"])
    assert bearing(secret).get("/api/me/").status_code == 200
    erasure.erase(people["member"])
    assert not PersonalToken.objects.exists()
    assert code_of(bearing(secret).get("/api/me/")) == (401, "unauthorized")


def test_revoking_asks_ends_it_and_is_in_the_history(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("member")
    token, _secret = services.create("laptop", scopes=[Scope.DATA_READ], days=1, by=people["member"])
    address = f"/me/tokens/{token.pk}/revoke/"
    assert "Revoke the token “laptop”?" in browser.get(address).content.decode()
    assert signed_in("lead").post(address).status_code == 404
    assert PersonalToken.objects.valid().exists()
    browser.post(address)
    assert not PersonalToken.objects.valid().exists()
    assert "Token “laptop” revoked" in browser.get("/me/tokens/").content.decode()
    browser.post(address)
    assert len(services.history(people["member"])) == 2


def test_there_is_a_limit(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_TOKENS", 1)
    services.create("one", scopes=[Scope.DATA_READ], days=1, by=people["member"])
    with pytest.raises(services.TokenRefused, match="limit"):
        services.create("two", scopes=[Scope.DATA_READ], days=1, by=people["member"])
