"""The pages of a person's own tokens."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.api.callers import bearing, ready
from vre_portal.iam.models import User
from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.models import PREFIX, PersonalToken, Scope
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


def test_the_same_form_again_makes_no_second_one(signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert [browser.post("/me/tokens/new/", FORM).status_code for _ in range(2)] == [200, 422]
    assert PersonalToken.objects.count() == 1


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
