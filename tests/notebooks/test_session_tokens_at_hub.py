"""Which tokens of a real hub open the API: a server's own, and neither those that people make there nor those of visits."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.cache import cache

from tests.api.callers import bearing, code_of, ready
from tests.notebooks.conftest import opened
from tests.notebooks.own_hub import OwnHub
from vre_portal.iam.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration("redis")]
Somebody = Callable[..., tuple[User, str]]
SLUG = "granted"


@pytest.fixture
def owner(own_hub: OwnHub, somebody: Somebody) -> User:
    """Somebody whose server runs."""
    cache.clear()
    person, _token = somebody(SLUG)
    assert opened(person, SLUG).state == "ready"
    return ready(person)


def own_token(hub: OwnHub, person: User) -> str:
    """JUPYTERHUB_API_TOKEN in the server."""
    return str(requests.get(f"{hub.url}/user/{person.subject}/{SLUG}/own-token", timeout=20).json()["token"])


def token_of_visit(hub: OwnHub, person: User) -> str:
    """The token that the server gets for a browser that visits it."""
    browser = requests.Session()
    browser.get(f"{hub.url}/hub/login", timeout=20)
    form = {"username": person.subject, "password": "x"}
    browser.post(f"{hub.url}/hub/login", params={"_xsrf": browser.cookies["_xsrf"]}, data=form, timeout=20)
    client = {"client_id": f"jupyterhub-user-{person.subject}-{SLUG}", "redirect_uri": f"/user/{person.subject}/{SLUG}/oauth_callback"}
    asked = {**client, "response_type": "code", "state": "x"}
    reply = browser.get(f"{hub.url}/hub/api/oauth2/authorize", params=asked, allow_redirects=False, timeout=20)
    code = parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]
    form = {**client, "client_secret": own_token(hub, person), "grant_type": "authorization_code", "code": code}
    return str(requests.post(f"{hub.url}/hub/api/oauth2/token", data=form, timeout=20).json()["access_token"])


def test_the_server_s_own_token_is_the_person_s_while_it_runs(own_hub: OwnHub, owner: User) -> None:
    program = bearing(own_token(own_hub, owner))
    assert program.get("/api/me/").json()["name"] == str(owner)
    owner.notebook_sessions.update(state="stopped")
    assert code_of(program.get("/api/me/")) == (401, "unauthorized")


def test_other_tokens_of_the_hub_open_nothing(own_hub: OwnHub, owner: User) -> None:
    narrow = own_hub.api("POST", f"/users/{owner.subject}/tokens", json={"scopes": ["access:servers!user"]}).json()["token"]
    for token in (own_hub.know(owner.subject), narrow, token_of_visit(own_hub, owner), own_hub.token, own_hub.admin):
        assert requests.get(f"{own_hub.url}/hub/api/user", headers={"Authorization": f"token {token}"}, timeout=20).status_code == 200
        assert code_of(bearing(token).get("/api/me/")) == (401, "unauthorized")
