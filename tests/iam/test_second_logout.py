"""Signing out at the second provider: it really calls the portal, by the back channel, and the portal's session is over."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from django.conf import settings as configured
from django.test import Client

from tests.iam import second
from tests.iam.conftest import forget
from tests.iam.second import Second, through
from tests.iam.test_second_provider import CALLBACK, FILE
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import UsedLogout, UserSession

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["RS256", "ES256"])
def provider(request: pytest.FixtureRequest, live_server: Any, tmp_path: Path, settings: Any) -> Iterator[Second]:
    """The provider, which knows where the portal listens."""
    try:
        second.install()
    except second.NotInstalled as why:
        pytest.skip(str(why))
    where = f"{live_server.url}/accounts/oidc/second/backchannel-logout/"
    with second.running(configured.PORTAL_URL + CALLBACK, "http://testserver/", request.param, where) as it:
        (tmp_path / "services.toml").write_text(FILE.format(url=it.url, secret=it.secret))
        settings.SERVICES_FILE = str(tmp_path / "services.toml")
        forget()
        yield it
        forget()


def enter(provider: Second, name: str) -> tuple[Client, requests.Session]:
    """Somebody who signed in here, and their browser as the provider knows it."""
    visitor, browser = Client(), requests.Session()
    back = through(provider, visitor.post("/accounts/login/", {"iam": "second"})["Location"], name, browser)
    assert visitor.get(back.removeprefix(configured.PORTAL_URL))["Location"] == "/me/welcome/"
    return visitor, browser


def sign_out_there(browser: requests.Session, address: str) -> str:
    """Follow its pages and say yes; where it leads then."""
    page = browser.get(address, timeout=10)
    action, token = re.search(r'action="([^"]+)"', page.text), re.search(r'name="xsrf"\s+value="([^"]+)"', page.text)
    assert action
    assert token, page.text[:500]
    form = {"xsrf": token[1], "logout": "yes"}
    sent = browser.post(urljoin(address, html.unescape(action[1])), data=form, timeout=10, allow_redirects=False)
    assert sent.is_redirect, sent.text[:500]
    return sent.headers["Location"]


def here(visitor: Client) -> bool:
    return visitor.get("/me/", {"format": "json"}).status_code == 200


def test_signing_out_there_ends_that_session_here_and_no_other(provider: Second) -> None:
    ada, browser = enter(provider, "ada")
    at_home, _ = enter(provider, "ada")
    eve, _ = enter(provider, "eve")
    assert all(UserSession.objects.values_list("sid", flat=True))
    sign_out_there(browser, f"{provider.url}/session/end")
    assert [here(ada), here(at_home), here(eve)] == [False, True, True]
    assert UsedLogout.objects.count() == 1
    assert [entry.outcome for entry in AuditEntry.objects.filter(action="session.end")] == ["ok"]


def test_signing_out_here_goes_by_the_provider_and_comes_back(provider: Second) -> None:
    ada, browser = enter(provider, "ada")
    address = ada.post("/accounts/logout/")["Location"]
    assert sign_out_there(browser, address) == "http://testserver/"
    assert UsedLogout.objects.count() == 1  # it tells us all the same, and there is nothing left to end
    seen: list[str] = []
    through(provider, Client().post("/accounts/login/", {"iam": "second"})["Location"], "ada", browser, seen)
    assert "login" in seen
