"""The token of a notebook session at the API: the hub says whose it is, and only a digest of it is remembered."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from django.conf import settings as portal_settings
from django.core.cache import cache

from projects.notebooks.models import Session
from tests.api.callers import bearing, code_of, ready
from tests.notebooks.conftest import BadHub, MakeSession, serving
from vre_portal import services as registry
from vre_portal.iam.models import User
from vre_portal.iam.personal_tokens.models import PREFIX
from vre_portal.services import ServiceKind

pytestmark = [pytest.mark.django_db, pytest.mark.integration("redis")]
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[BadHub]:
    """A stand-in that the portal takes for its only hub, for answers that a real one gives rarely."""
    cache.clear()
    own = registry.services()
    with serving(BadHub()) as it:
        changed = tuple(replace(item, url=it.url) if item.kind is ServiceKind.JUPYTERHUB else item for item in own)
        monkeypatch.setattr(registry, "_all", lambda: changed)
        yield it
    cache.clear()


@pytest.fixture
def person(people: dict[str, User], make_session: MakeSession) -> User:
    """Somebody whose session runs."""
    make_session(people["member"], state=Session.State.READY)
    return ready(people["member"])


def ask() -> Any:
    return bearing(TOKEN).get("/api/me/")


SERVER = {
    "name": "MEMBER",
    "kind": "user",
    "session_id": None,
    "scopes": ["access:servers!server=MEMBER/notebook-test", "read:users:name!user=MEMBER", "users:activity!user=MEMBER"],
}
ACTIVITY, OPENING = "users:activity!user=MEMBER", "access:servers!server=MEMBER/notebook-test"


def says(hub: BadHub, person: User, body: Any, status: int = 200) -> None:
    hub.answer(status, json.dumps(body).replace("MEMBER", person.subject), X_JupyterHub_Version="6")


def owned(hub: BadHub, person: User) -> None:
    says(hub, person, SERVER)


def test_the_hub_is_asked_once_a_minute(hub: BadHub, person: User) -> None:
    owned(hub, person)
    replies = [ask() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert replies[0].json() == {"username": person.preferred_username or person.subject, "name": str(person), "scopes": ["basket:read", "basket:write", "data:read"]}  # fmt: skip
    assert hub.asked == [("GET", "/hub/api/user")]


OTHERS: dict[str, tuple[int, Any]] = {
    "refused": (403, {"message": "no"}),
    "unknown": (404, {}),
    "a service": (200, SERVER | {"name": "portal", "kind": "service"}),
    "no kind": (200, {"name": "MEMBER"}),
    "a stranger": (200, json.loads(json.dumps(SERVER).replace("MEMBER", "stranger"))),
    "a name that is none": (200, SERVER | {"name": ["MEMBER"]}),
    "a person by kind alone": (200, {"name": "MEMBER", "kind": "user"}),
    "a list": (200, []),
    "made by the person, for everything": (200, SERVER | {"scopes": ["access:servers!user=MEMBER", ACTIVITY, "tokens!user=MEMBER"]}),
    "of a browser's visit": (200, SERVER | {"session_id": "0123456789abcdef"}),
    "whose session is not told": (200, {key: value for key, value in SERVER.items() if key != "session_id"}),
    "without activity": (200, SERVER | {"scopes": [OPENING]}),
    "for two servers": (200, SERVER | {"scopes": [OPENING, f"{OPENING}2", ACTIVITY]}),
    "for another's server": (200, SERVER | {"scopes": ["access:servers!server=other/notebook-test", ACTIVITY]}),
    "for a server without a session": (200, SERVER | {"scopes": ["access:servers!server=MEMBER/else", ACTIVITY]}),
    "for the server without a name": (200, SERVER | {"scopes": ["access:servers!server=MEMBER/", ACTIVITY]}),
    "scopes that are no list": (200, SERVER | {"scopes": f"{OPENING} {ACTIVITY}"}),
    "scopes that are no texts": (200, SERVER | {"scopes": [None, 1, [OPENING], ACTIVITY]}),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_not_a_server_s_own_token_opens_nothing(hub: BadHub, person: User, kind: str) -> None:
    status, body = OTHERS[kind]
    says(hub, person, body, status)
    assert code_of(ask()) == (401, "unauthorized")
    ask()
    assert len(hub.asked) == 1, "a refusal is remembered for a while, too"


@pytest.mark.parametrize("state", [Session.State.STOPPED, Session.State.FAILED])
def test_it_ends_with_the_session_at_once(hub: BadHub, person: User, state: str) -> None:
    owned(hub, person)
    assert ask().status_code == 200
    Session.objects.update(state=state)
    assert code_of(ask()) == (401, "unauthorized")


def test_a_hub_whose_iam_is_not_configured_takes_nothing_from_the_others(
    hub: BadHub, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = registry.services()
    good = next(item for item in configured if item.kind is ServiceKind.JUPYTERHUB)
    odd = replace(good, name="odd", options={**good.options, "iam": "none"})
    monkeypatch.setattr(registry, "_all", lambda: (odd, *configured))
    owned(hub, person)
    assert ask().status_code == 200


def test_a_blocked_person_is_refused_at_once(hub: BadHub, person: User) -> None:
    owned(hub, person)
    assert ask().status_code == 200
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert code_of(ask()) == (401, "unauthorized")


@pytest.mark.parametrize(("status", "headers"), [(500, {"X_JupyterHub_Version": "6"}), (200, {}), (503, {})])
def test_while_the_hub_is_away_nothing_is_remembered(hub: BadHub, person: User, status: int, headers: dict[str, str]) -> None:
    hub.answer(status, {}, **headers)
    assert code_of(ask()) == (503, "unavailable")
    owned(hub, person)
    assert ask().status_code == 200


def test_strangers_cannot_make_the_hub_answer_for_ever(hub: BadHub, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api-hub": "4/60"}
    hub.answer(403, {}, X_JupyterHub_Version="6")
    statuses = [bearing(f"{number:032d}", REMOTE_ADDR="198.51.100.9").get("/api/me/").status_code for number in range(6)]
    assert statuses[-1] == 429
    assert len(hub.asked) <= 4


def test_servers_behind_one_address_do_not_use_up_what_strangers_may_try(hub: BadHub, person: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api-unknown": "2/60"}
    owned(hub, person)
    servers = [bearing(f"{number:032d}", REMOTE_ADDR="198.51.100.11") for number in range(4)]
    assert [server.get("/api/me/").status_code for server in servers] == [200] * 4
    strangers = [bearing(f"{PREFIX}{number}", REMOTE_ADDR="198.51.100.11") for number in range(3)]
    assert [stranger.get("/api/me/").status_code for stranger in strangers] == [401, 401, 429]


@pytest.mark.parametrize(
    "token", ["short", "x" * 32, "A" * 32, "a" * 31, "a" * 33, "x" * 256, "with/slash/0123456789abcdef", "%2e%2e0123456789abcdef0123"]
)
def test_what_no_hub_gives_out_is_asked_of_none(hub: BadHub, token: str) -> None:
    assert bearing(token).get("/api/me/").status_code == 401
    assert hub.asked == []


def test_the_token_itself_is_in_no_key_and_no_value(hub: BadHub, person: User) -> None:
    owned(hub, person)
    ask()
    client = redis.Redis.from_url(portal_settings.CACHES["default"]["LOCATION"])
    for key in client.scan_iter("*notebooks:token:*"):
        assert TOKEN.encode() not in key
        assert TOKEN.encode() not in (client.get(key) or b"")
