"""Signing in at an independent, certified OpenID provider, whole: what works with one IAM alone is no OpenID Connect."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from tests.iam import second
from tests.iam.conftest import forget
from tests.iam.second import Second, through
from vre_portal import services
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteRefused
from vre_portal.iam import oidc, vault, worker
from vre_portal.iam.models import Token, User
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
CALLBACK = "/accounts/oidc/second/login/callback/"
FILE = """
[[service]]
kind = "iam"
name = "iam"
title = "First IAM"
url = "http://127.0.0.1:1/"
options = {{ client_id = "portal", client_secret = "s" }}

[[service]]
kind = "iam"
name = "second"
title = "Second provider"
url = "{url}"
options = {{ client_id = "portal", client_secret = "{secret}", profile = "aarc", auth_params = {{ prompt = "consent" }} }}

[[service]]
kind = "rucio"
name = "lake"
title = "Test lake"
url = "http://127.0.0.1:2"
audience = "rucio"
"""


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def provider(request: pytest.FixtureRequest) -> Iterator[Second]:
    """The provider, signing in one way or the other."""
    try:
        second.install()
    except second.NotInstalled as why:
        pytest.skip(str(why))
    with second.running(configured.PORTAL_URL + CALLBACK, "http://testserver/", request.param) as it:
        yield it


@pytest.fixture
def iam(provider: Second, tmp_path: Path, settings: Any) -> Iterator[Service]:
    """Its entry beside another, which is away."""
    (tmp_path / "services.toml").write_text(FILE.format(url=provider.url, secret=provider.secret))
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    forget()
    yield services.service(ServiceKind.IAM, "second")
    forget()


def answer(visitor: Client, provider: Second, name: str = "ada", **form: str) -> str:
    """The path with which the provider sends the browser back."""
    started = visitor.post("/accounts/login/", {"iam": "second", **form})
    back = through(provider, started["Location"], name)
    assert back.startswith(configured.PORTAL_URL + CALLBACK)
    return back.removeprefix(configured.PORTAL_URL)


@pytest.fixture
def ada(iam: Service, provider: Second, visitor: Client) -> User:
    assert visitor.get(answer(visitor, provider))["Location"] == "/me/welcome/"
    return User.objects.get()


def make_old() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.update(expires_at=past, fresh_until=past)


def test_one_signs_in_and_lands_where_one_wanted(iam: Service, provider: Second, visitor: Client) -> None:
    assert visitor.get(answer(visitor, provider, next="/me/sessions/"))["Location"] == "/me/sessions/"
    told = visitor.get("/me/", {"format": "json"}).json()
    assert (told["issuer"], told["subject"], told["name"]) == (provider.url, "ada", "Second ada")
    assert told["groups"] == ["second:escape/ada"]
    assert "Second provider" in visitor.get("/me/").content.decode()


def test_the_sign_in_is_renewed_with_rotated_refresh_tokens(ada: User, iam: Service) -> None:
    before = Token.objects.get().open_refresh()
    for _ in range(3):
        make_old()
        vault.ask_for_groups(ada)
    after = Token.objects.get().open_refresh()
    assert after
    assert after != before
    assert oidc.userinfo(iam, Token.objects.get().open_access(), subject="ada")["name"] == "Second ada"


def test_a_refresh_token_used_twice_ends_the_sign_in(ada: User, iam: Service, visitor: Client) -> None:
    oidc.by_refresh(iam, Token.objects.get().open_refresh())  # a thief
    make_old()
    with pytest.raises(vault.SignInAgain):
        vault.ask_for_groups(ada)


def test_an_answer_counts_once(iam: Service, provider: Second, visitor: Client) -> None:
    back = answer(visitor, provider)
    assert Client().get(back)["Location"] == "/accounts/failed/"
    assert visitor.get(back)["Location"] == "/me/welcome/"
    assert visitor.get(back)["Location"] == "/accounts/failed/"
    assert AuditEntry.objects.filter(action="sign-in", outcome="refused").count() == 2


def test_a_code_of_one_browser_is_nothing_with_the_verifier_of_another(iam: Service, provider: Second, visitor: Client) -> None:
    stolen = dict(part.split("=") for part in urlsplit(answer(visitor, provider)).query.split("&"))["code"]
    thief = Client()
    own = answer(thief, provider, "eve")
    code = dict(part.split("=") for part in urlsplit(own).query.split("&"))["code"]
    assert thief.get(own.replace(code, stolen))["Location"] == "/accounts/failed/"
    assert [entry.facts["check"] for entry in AuditEntry.objects.filter(outcome="refused")] == ["invalid_grant"]
    assert not User.objects.exists()


def test_what_it_cannot_do_is_told(ada: User) -> None:
    with pytest.raises(RemoteRefused, match="does not let this portal act for you at Test lake"):
        vault.access_token(ada, services.service(ServiceKind.RUCIO), purpose="test")
    assert Token.objects.filter(service="").exists()  # and the sign-in goes on


def test_signing_out_goes_by_the_provider_and_takes_the_tokens_back(ada: User, iam: Service, visitor: Client) -> None:
    row = Token.objects.get()
    access, refresh = row.open_access(), row.open_refresh()
    address = visitor.post("/accounts/logout/")["Location"]
    assert address.startswith(f"{iam.url}/session/end?")
    assert requests.get(address, timeout=10).status_code == 200
    worker.revoke(row.pk)
    with pytest.raises(RemoteRefused):
        oidc.by_refresh(iam, refresh)
    with pytest.raises(RemoteRefused):
        oidc.userinfo(iam, access, subject="ada")


def again(visitor: Client, provider: Second, browser: requests.Session, **form: str) -> tuple[str, list[str]]:
    """Press the button once more in a browser that is signed in there: the way back, and the pages on it."""
    seen: list[str] = []
    to_iam = visitor.post("/accounts/login/", {"iam": "second", "next": "/me/erase/", **form})["Location"]
    return through(provider, to_iam, "ada", browser, seen).removeprefix(configured.PORTAL_URL), seen


def test_a_step_up_asks_for_the_password_again_and_is_believed(iam: Service, provider: Second, visitor: Client) -> None:
    browser = requests.Session()
    back, seen = again(visitor, provider, browser)
    assert "login" in seen
    visitor.get(back)
    back, seen = again(visitor, provider, browser)
    assert "login" not in seen  # an ordinary sign-in: the provider knows the person still
    visitor.get(back)
    assert PROVEN_AT not in visitor.session
    assert "within the last 15 minutes" in visitor.get("/me/erase/").content.decode()
    back, seen = again(visitor, provider, browser, fresh="1")
    assert "login" in seen
    assert visitor.get(back)["Location"] == "/me/erase/"
    assert time.time() - 60 < visitor.session[PROVEN_AT] <= time.time()
    assert "Delete my account permanently" in visitor.get("/me/erase/").content.decode()


def test_a_way_of_signing_in_that_it_does_not_know_opens_nothing_for_staff(iam: Service, provider: Second, visitor: Client) -> None:
    browser = requests.Session()
    visitor.get(again(visitor, provider, browser)[0])
    User.objects.update(is_staff=True)
    iam.options["staff_acr"] = "urn:x:mfa"  # type: ignore[index]
    back, _ = again(visitor, provider, browser, fresh="1")
    assert visitor.get(back)["Location"] == "/accounts/failed/"
    assert [entry.facts["check"] for entry in AuditEntry.objects.filter(outcome="refused")] == ["acr"]


def test_an_identity_there_is_linked_to_who_one_is_already(iam: Service, provider: Second, visitor: Client) -> None:
    grace = User.objects.for_identity("http://127.0.0.1:1/", "grace", name="Grace")
    visitor.force_login(grace)
    session = visitor.session
    session[PROVEN_AT] = time.time()
    session.save()
    started = visitor.post("/me/identities/", {"iam": "second"})
    back = through(provider, started["Location"], "ada").removeprefix(configured.PORTAL_URL)
    assert "is linked" in visitor.get(back, follow=True).content.decode()
    assert not Token.objects.exists()
    other = Client()
    other.get(answer(other, provider, "ada"))
    assert User.objects.get().pk == grace.pk
    assert other.get("/me/", {"format": "json"}).json()["subject"] == "ada"
