"""The demonstration IAM at a step-up: it shows its page again although somebody is signed in there, and says when."""

import re
import time
from typing import Any

import jwt
import pytest
import requests
from django.conf import settings
from django.test import Client

from devstack.address import IAM_ISSUER, PORTAL_URL
from tests.devstack import iam_client
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.iam.sessions.step_up import RECENT_SECONDS

pytestmark = [pytest.mark.integration("iam"), pytest.mark.django_db]
HOME = f"/{settings.ADMIN_PATH}iam/user/"


@pytest.fixture
def browser() -> requests.Session:
    return iam_client.sign_in("admin")


def press(visitor: Client, browser: requests.Session, **form: str) -> requests.Response:
    """Press the portal's button; where the IAM leads."""
    return browser.get(visitor.post("/accounts/login/", {"next": HOME, **form})["Location"], allow_redirects=False, timeout=10)


def type_password(browser: requests.Session, asked: requests.Response) -> requests.Response:
    """Fill in the form to which the IAM led; where it leads then."""
    page = browser.get(f"{IAM_ISSUER.rstrip('/')}{asked.headers['Location']}", timeout=10)
    hidden = dict(re.findall(r'type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page.text.partition("Accounts of")[0]))
    form = {name: value.replace("&amp;", "&") for name, value in hidden.items()} | {"username": "admin", "password": "admin"}
    sent = browser.post(f"{IAM_ISSUER}login", data=form, timeout=10, allow_redirects=False, headers={"Origin": IAM_ISSUER.rstrip("/")})
    return browser.get(f"{IAM_ISSUER.rstrip('/')}{sent.headers['Location']}", timeout=10, allow_redirects=False)


def finish(visitor: Client, back: requests.Response) -> str:
    return str(visitor.get(back.headers["Location"].removeprefix(PORTAL_URL))["Location"])


def test_an_old_sign_in_is_renewed_with_the_password_and_leads_back(browser: requests.Session) -> None:
    visitor = Client(HTTP_HOST=PORTAL_URL.removeprefix("http://"))
    assert finish(visitor, press(visitor, browser)) == HOME  # an ordinary one: nobody is asked
    assert visitor.get(HOME).status_code == 200
    session = visitor.session
    session[PROVEN_AT] = time.time() - RECENT_SECONDS - 1
    session.save()
    assert visitor.get(HOME)["Location"].endswith("&fresh=1")
    asked = press(visitor, browser, fresh="1")
    assert asked.headers["Location"].startswith("/login?")
    assert finish(visitor, type_password(browser, asked)) == HOME
    assert visitor.get(HOME).status_code == 200
    assert visitor.session[PROVEN_AT] > time.time() - 60


def claims(answer: dict[str, str]) -> dict[str, Any]:
    form = {"code": answer["code"], "redirect_uri": iam_client.REDIRECTS["portal"], "code_verifier": answer["verifier"]}
    reply = iam_client.token("portal", grant_type="authorization_code", **form).json()
    return dict(jwt.decode(reply["id_token"], options={"verify_signature": False}))


def test_the_identity_token_tells_when_the_password_was_typed(browser: requests.Session) -> None:
    first = claims(iam_client.code(browser))["auth_time"]
    assert time.time() - 60 < first <= time.time()
    time.sleep(1.1)
    assert claims(iam_client.code(browser))["auth_time"] == first


def test_the_iam_honours_max_age(browser: requests.Session) -> None:
    assert "auth_time" in claims(iam_client.code(browser, max_age="900"))
    time.sleep(1.1)
    query = {"client_id": "portal", "response_type": "code", "scope": "openid", "redirect_uri": iam_client.REDIRECTS["portal"]}
    asked = browser.get(f"{IAM_ISSUER}authorize", params={**query, "max_age": "0"}, allow_redirects=False, timeout=10)
    assert asked.headers["Location"].startswith("/login?")
    back = type_password(browser, asked)
    assert "code=" in back.headers["Location"]  # and does not ask for ever


def test_without_a_page_an_old_sign_in_is_refused(browser: requests.Session) -> None:
    time.sleep(1.1)
    assert iam_client.code(browser, max_age="0", prompt="none")["error"] == "login_required"
    assert "code" in iam_client.code(browser)  # who asked so did not end the session
