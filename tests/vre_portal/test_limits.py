"""Too many requests are refused for a while, per person and per address, and nobody can forge another address."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as portal_settings
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver

from tests.wall import BASKET_ACTS
from vre_portal import cache as counting
from vre_portal import limits

SignIn = Callable[..., Client]
pytestmark = [pytest.mark.django_db, pytest.mark.integration("redis")]
CACHE = portal_settings.CACHES["default"]["LOCATION"]
PATHS = {"search": "/search/?q=x", "launch": "/projects/none/workflows/new/", "upload": "/projects/resources/"}
PATHS |= {"download": "/projects/none/workflows/1/files/plot.png", "sign-in": "/accounts/login/"}
PATHS |= {"lookup": "/projects/none/people/person/", "export": "/me/export/"}
CALLBACK = "/accounts/oidc/iam/login/callback/"


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
    method = browser.get if kind in ("search", "download", "export") else browser.post
    return method(PATHS[kind], **extra)


WEBHOOK_ACTS = (
    "index", "show", "new", "edit", "delete", "restore", "switch", "secret", "test", "again", "delivery", "delivery-again",
)  # fmt: skip
LIMITED_ROUTES = {
    limits.SIGN_IN: {"account_login"},
    limits.SIGN_IN_CALLBACK: {"openid_connect_callback"},
    limits.LOGOUT: {"backchannel_logout"},
    limits.EXPORT: {"iam:export"},
    limits.SEARCH: {
        "datalake:lake",
        "datalake:live",
        "lake_index:compare",
        "lake_index:complete",
        "lake_index:name-check",
        "lake_index:naming",
        "onboarding:index",
        "profiles:directory",
        "projects:index",
        "projects:scope-data",
        "search:index",
        "search:complete",
        *(f"environments:{name}" for name in ("index", "entry", "versions")),
        "software:index",
        "workflows:compare",
        "workflows:versions-compare",
    },
    limits.UPLOAD: {
        "projects:picture-change",
        "projects:references-add",
        "projects:resource-add",
        "workflows:keep",
        "workflows:launch-upload",
    },
    limits.LOOKUP: {"projects:people-add", "start:repository", "workflows:launch-before", "workflows:launch-server-checks"},
    limits.LAUNCH: {
        "notebook-pages:compute",
        *(f"notebooks:{act}" for act in ("new", "open")),
        *(f"workflows:{act}" for act in ("again", "continue", "copy-files", "launch", "launch-values", "list-files")),
    },
    limits.DOWNLOAD: {
        "datalake:direct",
        "requests:attachment",
        *(f"workflows:{name}" for name in ("file", "file-by-name", "file-preview", "file-thumbnail", "files-archive", "log-fetch")),
        "workflows:versions-file",
    },
    limits.ACT: {
        *(
            f"workflows:{act}"
            for act in (
                "delete",
                "describe",
                "enter",
                "entry",
                "entry-choose",
                "entry-discard",
                "hints",
                "launch-template",
                "version-restore",
            )
        ),
        *(f"workflows:specification-{act}" for act in ("edit", "upload", "update", "another", "read-again", "archive", "delete")),
        *(f"notebook-pages:{act}" for act in ("new", "edit", "update", "remove")),
        *(f"results:{act}" for act in ("best", "present", "edit", "withdraw", "delete")),
        "workflows-many",
        "profiles:edit",
        "projects:settings",
        "site-texts:edit",
        "start:new",
        *(f"{place}:{act}" for place in ("news", "project-news") for act in ("new", "edit")),
        *(f"lifecycle:{act}" for act in ("archive", "restore", "offer", "transfer", "delete")),
        *(f"projects:{act}" for act in ("people-leave", "invitations", "invitation-revoke", "invitation")),
        *(f"requests:{act}" for act in ("join", "new", "comment", "answer", "withdraw", "assign", "due", "lock", "done", "retry")),
        *(f"requests:{act}" for act in ("answers", "delete-answer")),
        *(f"banners:{act}" for act in ("new", "edit", "end", "dismiss")),
        *(f"environments:{act}" for act in ("new", "edit", "test", "ask-registry")),
        *(f"stop-switches:{act}" for act in ("edit", "off")),
        *(f"notices:{act}" for act in ("follow", "unfollow", "follow-again", "feed-renew", "feed-revoke")),
        *(f"onboarding:{act}" for act in ("new", "step", "review", "delete", "example", "again")),
        *(f"plan:{act}" for act in ("plan", "item", "tick", "move", "remove", "share", "unshare")),
        *(f"{place}:{act}" for place in ("webhooks", "project-webhooks") for act in WEBHOOK_ACTS),
        *(f"baskets:{act}" for act in (*BASKET_ACTS, "add", "remove", "note", "undo", "new", "shared-copy")),
        *(f"notebooks:{act}" for act in ("renew", "settings-delete")),
        "notebooks-staff-stop",
        "notices_mail:change",
        "personal_tokens:new",
        "personal_tokens:revoke",
        "datalake:metadata",
        "lake_access:end",
        "lake_acts:again",
        "lake_acts:ask",
        "lake_acts:create",
        "lake_acts:press",
        "lake_acts:rule-act",
    },
    limits.UNSUBSCRIBE: {"notices_mail:unsubscribe"},
    limits.RateLimit("feed", limits.READING): {"activity:personal-feed", "notices:feed"},
    limits.RateLimit("search", limits.WRITING): {"onboarding:matches"},
    limits.RateLimit("act", limits.READING | limits.WRITING): {"baskets:dataset"},
    limits.RateLimit("search", limits.READING | limits.WRITING): {"workflows:launch-inputs"},
    limits.RateLimit("search", limits.READING): {
        "plan-shared",
        "baskets:shared",
        "baskets:target",
        "baskets:shared-target",
        "baskets:current-target",
        "baskets:dataset-choose",
        "baskets:dataset-space",
        "environments:tests",
        "environments:uses",
    },
    limits.RateLimit("search", limits.READING, only_with=frozenset({"match"})): {"workflows:files"},
    limits.RateLimit("search", limits.READING, only_with=frozenset({"q", "format"})): {"workflows:log"},
    limits.UPLOAD_PARTS: {"lake_uploads:check", "lake_uploads:files"},
    limits.PUBLIC_DOWNLOAD: {"datalake:download", "datalake:metalink", "datalake:preview", "datalake:zip"},
}


def test_exactly_these_routes_are_limited() -> None:
    expected = {name: limit for limit, names in LIMITED_ROUTES.items() for name in names}
    found = {name: limit for name, view in views(get_resolver().url_patterns) if (limit := limits.limit_of(view))}
    assert found == expected


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each route's name and view."""
    for item in patterns:
        if isinstance(item, URLResolver):
            yield from views(item.url_patterns, f"{prefix}{item.namespace}:" if item.namespace else prefix)
        else:
            yield f"{prefix}{item.name}", item.callback


def test_what_a_view_is_asked_for_decides_whether_it_is_counted() -> None:
    limit = limits.RateLimit("search", limits.READING, only_with=frozenset({"q"}))
    asked = [limit.applies_to(RequestFactory().get(f"/?{query}")) for query in ("", "follow=1", "q=", "q=x", "follow=1&q=x")]
    assert asked == [False, False, False, True, True]
    assert not limit.applies_to(RequestFactory().post("/?q=x"))


@pytest.mark.parametrize("kind", list(PATHS))
def test_the_fourth_is_refused_with_the_time_to_wait(signed_in: SignIn, kind: str) -> None:
    browser = signed_in("member")
    answers = [ask(browser, kind).status_code for _ in range(3)]
    refused = ask(browser, kind)
    assert 429 not in answers
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 63
    assert f"Try again in {refused['Retry-After']} s" in refused.content.decode()


def test_a_long_wait_is_told_in_minutes_and_a_refused_form_is_not_opened_as_a_page(signed_in: SignIn, settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1/600")
    browser = signed_in("member")
    asked = [ask(browser, "export") for _ in range(2)][1].content.decode()
    sent = [ask(browser, "upload") for _ in range(2)][1].content.decode()
    assert "min. Nothing was changed." in asked
    assert "Retry</a>" in asked
    assert "Retry</a>" not in sent
    assert "What you typed is still there" in sent


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


def test_a_way_back_from_the_iam_counts_as_signing_in() -> None:
    answers = [Client().get(CALLBACK, {"code": "bogus", "state": str(number)}).status_code for number in range(4)]
    assert answers == [302, 302, 302, 429]
    assert ask(Client(), "sign-in").status_code == 429


def test_counting_is_exact_under_many_threads() -> None:
    with ThreadPoolExecutor(16) as threads:
        waits = list(threads.map(lambda _: counting.acquire_slots({"limits-many": 150}, 60), range(200)))
    assert waits.count(0) == 150
    assert all(57 <= wait <= 63 for wait in waits if wait)  # counted in slots of three seconds: the first may have begun in the one before


def test_waiting_as_long_as_told_lets_one_through_and_not_waiting_does_not() -> None:
    for _ in range(3):
        assert counting.acquire_slots({"limits-wait": 3}, 1) == 0
        time.sleep(0.2)
    wait = counting.acquire_slots({"limits-wait": 3}, 1)
    assert wait
    assert 0.2 < wait < 0.5
    time.sleep(wait / 2)
    assert counting.acquire_slots({"limits-wait": 3}, 1)
    time.sleep(wait / 2 + 0.01)
    assert counting.acquire_slots({"limits-wait": 3}, 1) == 0
    assert counting.acquire_slots({"limits-wait": 3}, 1)


def test_no_window_has_more_than_is_allowed() -> None:
    """A window that begins anew at a fixed moment would let twice as many through around it."""
    taken: list[float] = []
    end = time.monotonic() + 1.8
    while time.monotonic() < end:
        if counting.acquire_slots({"limits-window": 5}, 1) == 0:
            taken.append(time.monotonic())
        time.sleep(0.01)
    assert len(taken) > 5
    assert all(later - earlier > 0.98 for earlier, later in zip(taken, taken[5:], strict=False))


def test_what_is_refused_takes_no_place_from_others() -> None:
    assert counting.acquire_slots({"limits-one": 1, "limits-all": 3}, 60) == 0
    for _ in range(5):
        assert counting.acquire_slots({"limits-one": 1, "limits-all": 3}, 60)
    assert [bool(counting.acquire_slots({"limits-all": 3}, 60)) for _ in range(3)] == [False, False, True]


def test_a_key_stays_small_however_often_one_asks() -> None:
    for _ in range(100):
        counting.acquire_slots({"limits-small": 1000}, 1)
        time.sleep(0.02)
    client = redis.Redis.from_url(CACHE)
    (key,) = client.scan_iter("limits-test:*limits-small")
    assert client.hlen(key) <= counting.SLOTS + 1


def test_what_is_not_dear_is_not_counted(signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert {browser.get("/projects/").status_code for _ in range(6)} == {200}
    assert {browser.get("/accounts/login/").status_code for _ in range(6)} == {200}


@pytest.mark.parametrize("kind", list(PATHS))
def test_without_redis_everybody_gets_in_and_nothing_fails(settings: Any, signed_in: SignIn, kind: str) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    browser = signed_in("member")
    answers = {ask(browser, kind).status_code for _ in range(6)}
    assert 429 not in answers
    assert max(answers) < 500


def test_a_count_ends_by_itself() -> None:
    counting.acquire_slots({"limits-end": 5}, 60)
    client = redis.Redis.from_url(CACHE)
    kept = list(client.scan_iter("limits-test:*"))
    assert kept
    assert all(0 < client.ttl(key) <= 63 for key in kept)
