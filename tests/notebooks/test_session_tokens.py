"""The token of a notebook session at the API: the hub says whose it is, and only a digest of it is remembered."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from django.conf import settings as portal_settings
from django.core.cache import cache

from tests.api.callers import bearing, code_of, ready
from tests.notebooks.conftest import BadHub, serving
from vre_portal import services as registry
from vre_portal.iam.models import User
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
def person(people: dict[str, User]) -> User:
    return ready(people["member"])


def ask() -> Any:
    return bearing(TOKEN).get("/api/me/")


def owned(hub: BadHub, person: User) -> None:
    hub.answer(200, {"name": person.subject, "kind": "user"}, X_JupyterHub_Version="6")


def test_the_hub_is_asked_once_a_minute(hub: BadHub, person: User) -> None:
    owned(hub, person)
    replies = [ask() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert replies[0].json() == {"username": person.preferred_username or person.subject, "name": str(person), "scopes": ["basket:read", "basket:write", "data:read"]}  # fmt: skip
    assert hub.asked == [("GET", "/hub/api/user")]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"message": "no"}),
        (404, {}),
        (200, {"name": "portal", "kind": "service"}),
        (200, {"name": "MEMBER"}),
        (200, {"name": "stranger", "kind": "user"}),
        (200, {"name": ["MEMBER"], "kind": "user"}),
        (200, {"name": "MEMBER", "kind": "service"}),
        (200, []),
    ],
)
def test_what_the_hub_does_not_call_a_person_s_opens_nothing(hub: BadHub, person: User, status: int, body: Any) -> None:
    hub.answer(status, json.dumps(body).replace("MEMBER", person.subject), X_JupyterHub_Version="6")
    assert code_of(ask()) == (401, "unauthorized")
    ask()
    assert len(hub.asked) == 1, "a refusal is remembered for a while, too"


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
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api-unknown": "4/60"}
    hub.answer(403, {}, X_JupyterHub_Version="6")
    statuses = [bearing(f"{number:032d}", REMOTE_ADDR="198.51.100.9").get("/api/me/").status_code for number in range(6)]
    assert statuses[-1] == 429
    assert len(hub.asked) <= 4


@pytest.mark.parametrize("token", ["short", "x" * 256, "with/slash/0123456789abcdef", "%2e%2e0123456789abcdef0123"])
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
