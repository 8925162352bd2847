"""The portal as it runs in the stack: behind its real server, with its real IAM, and with Redis stopped."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from devstack.address import DEMO_USERS, PORTAL_URL, STATE, subject
from tests.portal_client import stopped

SignIn = Callable[[str], requests.Session]
pytestmark = pytest.mark.integration("portal", "iam", "postgres", "redis")


@pytest.mark.parametrize("name", list(DEMO_USERS))
def test_each_account_signs_in_and_is_who_the_iam_says(portal_session: SignIn, name: str) -> None:
    found = portal_session(name).get(f"{PORTAL_URL}/me/?format=json", timeout=10).json()
    assert (found["name"], found["subject"], found["groups"]) == (DEMO_USERS[name][0], subject(name), list(DEMO_USERS[name][2]))


def test_every_page_says_that_it_is_a_demonstration(portal_session: SignIn) -> None:
    browser = portal_session("lead")
    for path in ("/", "/projects/", "/dashboard/", "/status/", "/me/", "/no/such/page"):
        assert "public passwords" in browser.get(f"{PORTAL_URL}{path}", timeout=10).text


def test_a_foreign_host_name_is_refused() -> None:
    reply = requests.get(f"{PORTAL_URL}/", headers={"Host": "evil.example.org"}, timeout=10)
    assert reply.status_code == 400
    assert "Traceback" not in reply.text


def test_static_files_have_names_that_change_with_them_and_may_be_kept_for_ever() -> None:
    page = requests.get(f"{PORTAL_URL}/", timeout=10)
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(found) > 5
    for path in found:
        reply = requests.get(f"{PORTAL_URL}{path}", timeout=10)
        assert (reply.status_code, "immutable" in reply.headers["Cache-Control"]) == (200, True), path


def test_no_secret_of_the_stack_is_on_a_page(portal_session: SignIn) -> None:
    secrets = [file.read_text() for file in (STATE / "secrets").iterdir() if file.is_file() and file.stat().st_size > 20]
    browser = portal_session("lead")
    for path in ("/", "/me/", "/me/?format=json", "/status.json", "/dashboard/", "/no/such/page"):
        body = browser.get(f"{PORTAL_URL}{path}", timeout=10).text
        assert not any(secret in body for secret in secrets)
        assert "eyJ" not in body, "a token begins like this"


@pytest.fixture
def without_redis() -> Iterator[None]:
    with stopped("redis"):
        yield
    for _ in range(100):
        if requests.get(f"{PORTAL_URL}/readyz", timeout=10).status_code == 200:
            return
        time.sleep(0.1)


@pytest.mark.timed
def test_signed_in_people_stay_signed_in_while_redis_is_away(portal_session: SignIn, request: pytest.FixtureRequest) -> None:
    browser = portal_session("member")
    request.getfixturevalue("without_redis")
    assert requests.get(f"{PORTAL_URL}/readyz", timeout=10).status_code == 503
    for path in ("/", "/dashboard/", "/projects/", "/me/"):
        begin = time.monotonic()
        reply = browser.get(f"{PORTAL_URL}{path}", timeout=10)
        assert (reply.status_code, reply.url) == (200, f"{PORTAL_URL}{path}")
        assert time.monotonic() - begin < 3
    assert portal_session("lead").get(f"{PORTAL_URL}/dashboard/", timeout=10).status_code == 200
