"""Two Labs opened at once at the running hub: each sign-in comes back to its own, in any order, and a lost one is told in words."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from devstack.address import HUB_URL, IAM_ISSUER
from tests.devstack.iam_client import sign_in

pytestmark = pytest.mark.integration("hub", "iam", "portal")


def begun(browser: requests.Session, next_page: str) -> str:
    """Where the hub sends a browser that begins to sign in: the IAM, with the state of this sign-in."""
    reply = browser.get(f"{HUB_URL}/hub/oauth_login", params={"next": next_page}, timeout=30, allow_redirects=False)
    where: str = reply.headers["Location"]
    assert where.startswith(IAM_ISSUER)
    return where


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as they began", "the other way round"])
def test_two_that_begin_at_once_both_come_back(order: tuple[int, int]) -> None:
    browser = sign_in("member")
    pages = ("/hub/home?first=1", "/hub/home?second=1")
    begins = [begun(browser, page) for page in pages]
    for number in order:
        reply = browser.get(begins[number], timeout=30)
        assert reply.status_code == 200, reply.text[:2000]
        assert reply.url == f"{HUB_URL}{pages[number]}"


def test_one_that_is_used_again_is_told_in_words() -> None:
    browser = sign_in("member")
    first = browser.get(begun(browser, "/hub/home"), timeout=30)
    callback = next(step.url for step in first.history if "/hub/oauth_callback" in step.url)
    again = browser.get(callback, timeout=30)
    assert again.status_code == 400
    assert "open the notebook again" in again.text


def test_a_state_of_another_browser_is_refused() -> None:
    """What the state is for: nobody is signed in by an address that somebody else made."""
    mine, theirs = sign_in("member"), sign_in("lead")
    reply = theirs.get(begun(theirs, "/hub/home"), timeout=30)
    callback = next(step.url for step in reply.history if "/hub/oauth_callback" in step.url)
    begun(mine, "/hub/home")
    assert mine.get(callback, timeout=30).status_code == 400
    state = parse_qs(urlsplit(callback).query)["state"][0]
    for odd in ("", "x", state[:-4], "e30=", "bnVsbA==", "W10=", "é"):
        assert mine.get(f"{HUB_URL}/hub/oauth_callback", params={"code": "x", "state": odd}, timeout=30).status_code == 400


def test_cookies_of_sign_ins_that_are_never_ended_do_not_pile_up() -> None:
    browser = sign_in("member")
    for _ in range(30):
        begun(browser, "/hub/home")
    states = [cookie for cookie in browser.cookies if cookie.name.startswith("oauthenticator-state")]
    assert 1 <= len(states) <= 10
    assert browser.get(begun(browser, "/hub/home"), timeout=30).url == f"{HUB_URL}/hub/home"
