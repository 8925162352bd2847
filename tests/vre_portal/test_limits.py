"""Too many requests are refused for a while, per person and per address, and nobody can forge another address."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as portal_settings
from django.test import Client, RequestFactory

from tests.wall import routes
from vre_portal import cache as counting
from vre_portal import limits

SignIn = Callable[..., Client]
pytestmark = [pytest.mark.django_db, pytest.mark.integration("redis")]
CACHE = portal_settings.CACHES["default"]["LOCATION"]
PATHS = {"search": "/search/?q=x", "launch": "/projects/none/workflows/new/", "upload": "/projects/resources/"}
PATHS |= {"download": "/projects/none/workflows/1/files/plot.png", "sign-in": "/accounts/login/"}


@pytest.fixture(autouse=True)
def three_a_minute(settings: Any) -> Iterator[None]:
    """Three of each kind, and nothing remembered of other tests."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": "limits-test"}}
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "3/60")
    forget()
    yield
    forget()


def forget() -> None:
    client = redis.Redis.from_url(CACHE)
    for key in client.scan_iter("limits-test:*"):
        client.delete(key)


def ask(browser: Client, kind: str, **extra: Any) -> Any:
    method = browser.get if kind in ("search", "download") else browser.post
    return method(PATHS[kind], **extra)


def test_each_limited_route_exists() -> None:
    assert limits.LIMITED.keys() - {name for name, _ in routes()} == set()


@pytest.mark.parametrize("kind", list(PATHS))
def test_the_fourth_is_refused_with_the_time_to_wait(signed_in: SignIn, kind: str) -> None:
    browser = signed_in("member")
    answers = [ask(browser, kind).status_code for _ in range(3)]
    refused = ask(browser, kind)
    assert 429 not in answers
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert f"Try again in {refused['Retry-After']} s" in refused.content.decode()


def test_programs_are_told_in_json(signed_in: SignIn) -> None:
    browser = signed_in("member")
    replies = [browser.get("/search/?q=x&format=json") for _ in range(4)]
    assert replies[3].status_code == 429
    assert replies[3].json()["retry_after"] == int(replies[3]["Retry-After"])
    assert browser.get("/search/?q=x", headers={"Accept": "application/json"}).json()["error"]


def test_one_person_takes_nothing_from_another_at_the_same_address(signed_in: SignIn) -> None:
    greedy, other, stranger = signed_in("member"), signed_in("lead"), signed_in("anonymous")
    assert [ask(greedy, "search").status_code for _ in range(10)][3:] == [429] * 7
    assert ask(other, "search").status_code == 200
    assert ask(stranger, "search").status_code == 200


def test_a_person_is_counted_at_all_addresses_together(signed_in: SignIn) -> None:
    browser = signed_in("member")
    answers = [ask(browser, "search", REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(4)]
    assert answers == [200, 200, 200, 429]


def test_many_people_at_one_address_have_a_limit_too(signed_in: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SHARED_BY", 1)
    browsers = [signed_in(name) for name in ("lead", "member", "outsider", "newcomer")]
    assert [ask(browser, "search").status_code for browser in browsers] == [200, 200, 200, 429]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"])
def test_a_forged_address_changes_nothing(header: str) -> None:
    answers = [ask(Client(), "sign-in", headers={header: f"192.0.2.{number}"}).status_code for number in range(4)]
    assert answers[3] == 429


def test_behind_a_proxy_only_its_own_entry_counts(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    forged = [ask(Client(), "sign-in", headers={"X-Forwarded-For": f"192.0.2.{n}, 203.0.113.7"}).status_code for n in range(4)]
    assert forged[3] == 429
    assert ask(Client(), "sign-in", headers={"X-Forwarded-For": "203.0.113.8"}).status_code != 429


@pytest.mark.parametrize(
    ("hops", "told", "found"),
    [
        (0, "192.0.2.1", "127.0.0.1"),
        (1, "198.51.100.1, 192.0.2.1", "192.0.2.1"),
        (2, "203.0.113.9, 198.51.100.1, 192.0.2.1", "198.51.100.1"),
        (2, "192.0.2.1", "127.0.0.1"),
        (1, "", "unknown"),
        (1, "nonsense\r\nX: y", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_the_client_is_who_the_outermost_proxy_of_ours_saw(settings: Any, hops: int, told: str, found: str) -> None:
    settings.TRUSTED_PROXIES = hops
    request = RequestFactory().get("/", headers={"X-Forwarded-For": told})
    assert limits.client_address(request) == found


def test_counting_is_exact_under_many_threads() -> None:
    with ThreadPoolExecutor(16) as threads:
        counts = sorted(count for count, _ in threads.map(lambda _: counting.count("limits-many", 60), range(200)))
    assert counts == list(range(1, 201))


def test_what_is_not_dear_is_not_counted(signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert {browser.get("/projects/").status_code for _ in range(6)} == {200}
    assert {browser.get("/accounts/login/").status_code for _ in range(6)} == {200}


def test_without_redis_everybody_gets_in(settings: Any, signed_in: SignIn) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    browser = signed_in("member")
    assert {ask(browser, "search").status_code for _ in range(6)} == {200}


def test_a_count_ends_by_itself() -> None:
    counting.count("limits-end", 60)
    client = redis.Redis.from_url(CACHE)
    kept = list(client.scan_iter("limits-test:*"))
    assert kept
    assert all(0 < client.ttl(key) <= 60 for key in kept)
