"""Which tokens of an IAM open the API: those for its own audience, of people whom the portal knows."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tests.api.callers import bearing, code_of, ready
from tests.iam.conftest import iam, issuer  # noqa: F401 -- fixtures
from tests.iam.issuer import CLIENT, Issuer
from tests.iam.test_signatures import by_a_stranger, tampered, unsigned, with_public_key_as_secret
from vre_portal.iam.checks import audiences_are_sound
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
AUDIENCE = "https://portal.example"
Make = Callable[[Issuer, dict[str, Any]], str]


@pytest.fixture
def person(issuer: Issuer, settings: Any) -> User:  # noqa: F811
    settings.API_AUDIENCE = AUDIENCE
    return ready(User.objects.for_identity(issuer.url, "ada", name="Ada", groups_seen_at=timezone.now()))


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def status(issuer: Issuer, token: str) -> int:  # noqa: F811
    return bearing(token).get("/api/me/").status_code


def test_one_for_the_portal_is_the_person_s(person: User, issuer: Issuer) -> None:  # noqa: F811
    reply = bearing(issuer.sign(issuer.claims("ada", AUDIENCE))).get("/api/me/")
    assert (reply.status_code, reply.json()["name"]) == (200, "Ada")
    assert reply.json()["scopes"] == ["basket:read", "basket:write", "data:read"]
    assert status(issuer, issuer.sign(issuer.claims("ada", "x", aud=["rucio", AUDIENCE]))) == 200


REFUSED: dict[str, Make] = {
    "alg none": lambda it, claims: unsigned(it, claims, "none"),
    "no signature": lambda it, claims: unsigned(it, claims, "RS256"),
    "HS256 with the public key": with_public_key_as_secret,
    "RS512": lambda it, claims: it.sign(claims, algorithm="RS512"),
    "claims changed": tampered,
    "a stranger's key": by_a_stranger,
    "an unknown key": lambda it, claims: it.sign(claims, kid="k1").replace(it.sign(claims).split(".")[0], "e30", 1),
    "another issuer": lambda it, claims: it.sign(claims | {"iss": "https://evil.example/"}),
    "another audience": lambda it, claims: it.sign(claims | {"aud": "rucio"}),
    "the client's own audience, as of an identity token": lambda it, claims: it.sign(claims | {"aud": CLIENT}),
    "an identity token for this audience": lambda it, claims: it.sign(claims | {"nonce": "x"}),
    "a token of a sign-out": lambda it, claims: it.sign(claims | {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
    "no audience": lambda it, claims: it.sign(without(claims, "aud")),
    "expired": lambda it, claims: it.sign(claims | {"exp": int(time.time()) - 60}),
    "no end": lambda it, claims: it.sign(without(claims, "exp")),
    "not yet": lambda it, claims: it.sign(claims | {"nbf": int(time.time()) + 300}),
    "no subject": lambda it, claims: it.sign(without(claims, "sub")),
    "a stranger": lambda it, claims: it.sign(claims | {"sub": "eve"}),
    "a subject with NUL": lambda it, claims: it.sign(claims | {"sub": "a\0"}),
    "huge": lambda it, claims: it.sign(claims | {"x": "x" * 20_000}),
    "three parts of nothing": lambda it, claims: "a.b.c",
    "five parts": lambda it, claims: "a.b.c.d.e",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_others_are_refused_and_not_told_why(kind: str, person: User, issuer: Issuer) -> None:  # noqa: F811
    reply = bearing(REFUSED[kind](issuer, issuer.claims("ada", AUDIENCE))).get("/api/me/")
    assert code_of(reply) == (401, "unauthorized")
    assert reply.json()["error"]["message"] == "The token is not valid here, or has expired."


def test_a_scope_is_needed_where_one_is_configured(person: User, issuer: Issuer, settings: Any) -> None:  # noqa: F811
    settings.API_SCOPE = "vre"
    assert status(issuer, issuer.sign(issuer.claims("ada", AUDIENCE))) == 401
    assert status(issuer, issuer.sign(issuer.claims("ada", AUDIENCE, scope="openid vre"))) == 200


def test_a_blocked_person_is_refused(person: User, issuer: Issuer) -> None:  # noqa: F811
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert status(issuer, issuer.sign(issuer.claims("ada", AUDIENCE))) == 401


def test_while_the_keys_cannot_be_read_programs_are_told_to_come_again(person: User, issuer: Issuer) -> None:  # noqa: F811
    issuer.down = True
    reply = bearing(issuer.sign(issuer.claims("ada", AUDIENCE))).get("/api/me/")
    assert code_of(reply) == (503, "unavailable")
    assert int(reply["Retry-After"]) > 0


def test_while_the_keys_cannot_be_read_nobody_makes_the_portal_ask_for_ever(person: User, issuer: Issuer, settings: Any) -> None:  # noqa: F811
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api-unknown": "2/60"}
    issuer.down = True
    caller = bearing(issuer.sign(issuer.claims("ada", AUDIENCE)), REMOTE_ADDR="198.51.100.12")
    assert [caller.get("/api/me/").status_code for _ in range(3)] == [503, 503, 429]


def test_a_token_of_another_service_opens_only_esap_s_address_and_only_where_allowed(person: User, issuer: Issuer, settings: Any) -> None:  # noqa: F811
    caller = bearing(issuer.sign(issuer.claims("ada", "rucio")))
    assert caller.get("/esap-api/accounts/user-profiles/").status_code == 401
    settings.ESAP_AUDIENCES = ["rucio"]
    assert caller.get("/esap-api/accounts/user-profiles/").status_code == 200
    assert [caller.get(address).status_code for address in ("/api/basket/", "/api/me/")] == [401, 401]
    assert caller.post("/api/basket/items/", "{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("setting", "value", "is_sound"),
    [
        ("API_AUDIENCE", AUDIENCE, True),
        ("API_AUDIENCE", "", False),
        ("API_AUDIENCE", " ", False),
        ("API_AUDIENCE", CLIENT, False),
        ("ESAP_AUDIENCES", ["rucio"], True),
        ("ESAP_AUDIENCES", ["rucio", CLIENT], False),
        ("ESAP_AUDIENCES", [""], False),
    ],
)
def test_an_audience_that_identity_tokens_have_is_refused_at_the_start(
    person: User, settings: Any, setting: str, value: Any, is_sound: bool
) -> None:
    setattr(settings, setting, value)
    assert (audiences_are_sound() == []) == is_sound
