"""What somebody gets whose IAM does something unusual: who they are, how long they stay, and what a page says."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from tests.iam.browsing import CALLBACK, come_back, sign_in_as, signed_in, start, told
from tests.iam.conftest import forget
from tests.iam.issuer import CLIENT, GONE, Issuer
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam import oidc, vault
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc import signatures
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
People = Callable[..., User]


@pytest.fixture(autouse=True)
def _person(issuer: Issuer) -> None:
    issuer.person("ada")


def checks() -> list[str]:
    """What the record says of sign-ins that came to nothing."""
    return [str(entry.facts["check"]) for entry in AuditEntry.objects.filter(action="sign-in").exclude(outcome="ok")]


def called(issuer: Issuer, sub: object) -> None:
    issuer.identity_changes, issuer.userinfo_changes = {"sub": sub}, {"sub": sub}


@pytest.mark.parametrize("sub", ["", " ", "x" * 256, "ä", "a\0", "a\n", "\u202eada", 5, None, ["ada"], True])
def test_a_subject_that_is_no_name_of_one_person_signs_nobody_in(sub: object, visitor: Client, issuer: Issuer) -> None:
    called(issuer, sub)
    answer = come_back(visitor, issuer)
    assert answer.status_code == 403
    assert "Sign-in failed" in answer.content.decode()
    assert not User.objects.exists()
    assert len(checks()) == 1


def test_a_subject_counts_to_the_character_and_to_the_255th(issuer: Issuer) -> None:
    for sub in ("a" * 255, "a" * 254 + "b", "Ada", "ADA", "ada"):
        called(issuer, sub)
        assert come_back(Client(), issuer)["Location"] == "/me/welcome/"
    assert User.objects.count() == 5


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (" 3600 ", 3600),
        (3600.0, 3600),
        ("60.5", 60.5),
        (10**12, oidc.MOST_SECONDS),
        (10**400, oidc.MOST_SECONDS),
    ]
    + [
        (odd, oidc.DEFAULT_SECONDS) for odd in (0, -1, "-5", "soon", "", None, True, [3600], {}, float("nan"), float("inf"), "9" * 50, GONE)
    ],
)
def test_a_token_lives_as_long_as_its_answer_says_in_any_spelling(told: object, seconds: float, visitor: Client, issuer: Issuer) -> None:
    issuer.token_changes = {"expires_in": told}
    sign_in_as(visitor, issuer)
    left = Token.objects.get().expires_at - timezone.now()
    assert timedelta(seconds=seconds - 30) < left <= timedelta(seconds=seconds)


def test_a_time_of_the_proof_that_lies_ahead_is_no_proof(visitor: Client, issuer: Issuer) -> None:
    issuer.identity_changes = {"auth_time": int(time.time()) + 3600}
    sign_in_as(visitor, issuer)
    assert signed_in(visitor)
    assert PROVEN_AT not in visitor.session
    issuer.identity_changes = {"auth_time": int(time.time()) + 60}  # clocks differ
    sign_in_as(visitor, issuer)
    assert visitor.session[PROVEN_AT] <= time.time()


@pytest.mark.parametrize("odd", [10**400, -(10**400), float("inf"), float("nan"), "then", [], {}, True])
def test_a_time_of_the_proof_that_is_none_is_unknown(odd: object, visitor: Client, issuer: Issuer) -> None:
    issuer.identity_changes = {"auth_time": odd}
    sign_in_as(visitor, issuer)
    assert PROVEN_AT not in visitor.session


BAD_KEYS: list[Any] = [
    5,
    None,
    "k",
    [],
    {},
    {"kid": "k1"},
    {"kty": "RSA"},
    {"kty": "RSA", "n": 5, "e": []},
    {"kid": [], "kty": "EC", "crv": "x"},
]


@pytest.mark.parametrize("place", [0, len(BAD_KEYS) // 2, len(BAD_KEYS)])
def test_a_bad_key_costs_itself_wherever_it_stands(place: int, visitor: Client, issuer: Issuer) -> None:
    good = {**jwt.algorithms.RSAAlgorithm.to_jwk(issuer.keys["k1"].public_key(), as_dict=True), "kid": "k1"}
    issuer.published = {"keys": [*BAD_KEYS[:place], good, *BAD_KEYS[place:]]}
    sign_in_as(visitor, issuer)
    assert signed_in(visitor)


@pytest.mark.parametrize("published", [{"keys": 5}, {"keys": None}, {"keys": {"k1": 1}}, [], 5, "keys", {}])
def test_keys_that_are_no_list_are_a_page_with_words_and_leave_those_that_are_known(
    published: Any, visitor: Client, issuer: Issuer, iam: Service
) -> None:
    issuer.published = published
    answer = come_back(visitor, issuer)
    assert answer.status_code == 503
    assert "Test IAM publishes its signing keys in a format that the portal cannot read" in answer.content.decode()
    assert len(checks()) == 1
    issuer.published = None
    token = issuer.sign(issuer.claims("ada", "x"))
    signatures.claims(iam, token, audience="x")
    issuer.published = published
    assert signatures.claims(iam, token, audience="x")["sub"] == "ada"


@pytest.mark.parametrize("header", [{}, {"kid": GONE}, {"kid": "other"}])
def test_a_single_key_that_is_published_without_a_name_lets_people_in(header: dict[str, Any], visitor: Client, issuer: Issuer) -> None:
    issuer.key_changes, issuer.header_changes = {"kid": GONE}, header
    sign_in_as(visitor, issuer)
    assert signed_in(visitor)


def test_a_token_without_a_key_s_name_counts_where_only_one_key_fits(issuer: Issuer, iam: Service) -> None:
    def token() -> str:
        return jwt.encode(issuer.claims("ada", CLIENT), issuer.keys["k1"], algorithm="RS256")

    assert signatures.identity(iam, token(), nonce=None)["sub"] == "ada"
    issuer.new_key()
    forget()
    with pytest.raises(signatures.NotGenuine) as refusal:
        signatures.identity(iam, token(), nonce=None)
    assert refusal.value.code == "unknown key"


def test_a_key_without_a_name_checks_signatures_all_the_same(issuer: Issuer, iam: Service) -> None:
    issuer.key_changes = {"kid": GONE}
    forged = issuer.identity(issuer.claims("ada", CLIENT))[:-8] + "AAAAAAAA"
    with pytest.raises(signatures.NotGenuine) as refusal:
        signatures.identity(iam, forged, nonce=None)
    assert refusal.value.code == "InvalidSignatureError"


@pytest.mark.parametrize("name", ["token_endpoint", "userinfo_endpoint", "jwks_uri"])
def test_an_address_on_another_host_is_refused_with_the_setting_that_allows_it(name: str, visitor: Client, issuer: Issuer) -> None:
    issuer.discovery_changes = {name: "https://tokens.example:8443/x"}
    answer = start(visitor)
    text = answer.content.decode()
    assert answer.status_code == 502
    for word in ("tokens.example:8443", "hosts", "services.toml", name):
        assert word in text
    assert len(checks()) == 1


def test_an_address_on_another_host_that_is_allowed_is_used(visitor: Client, issuer: Issuer, settings: Any) -> None:
    other = issuer.url.replace("127.0.0.1", "localhost")
    issuer.discovery_changes = {"token_endpoint": f"{other}token", "jwks_uri": f"{other}jwk"}
    assert start(visitor).status_code == 502
    with open(settings.SERVICES_FILE) as file:
        text = file.read()
    with open(settings.SERVICES_FILE, "w") as file:
        file.write(text.replace('client_id = "portal"', f'client_id = "portal", hosts = ["{other.split("/")[2]}"]', 1))
    forget()
    sign_in_as(visitor, issuer)
    assert signed_in(visitor)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("server_error", "had an internal error"),
        ("temporarily_unavailable", "overloaded or under maintenance"),
        ("invalid_scope", "the scope that it needs"),
        ("unauthorized_client", "does not allow this portal"),
        ("login_required", "sign in there first"),
        ("nonsense<b>", "an error that this portal does not know"),
    ],
)
def test_an_error_of_the_iam_is_told_as_what_it_is(error: str, words: str, visitor: Client, issuer: Issuer) -> None:
    state = issuer.authorize(start(visitor)["Location"], "ada")["state"]
    text = told(visitor, visitor.get(CALLBACK, {"error": error, "error_description": "call 0900", "state": state})).content.decode()
    assert f"Test IAM {'refused with ' if 'nonsense' in error else ''}{words}" in text or words in text
    for never in ("took too long", "0900", "nonsense"):
        assert never not in text
    assert checks() == ["answered with an error" + (f": {error}" if "nonsense" not in error else "")]


def test_an_error_that_is_of_no_sign_in_of_this_browser_says_that(visitor: Client, issuer: Issuer) -> None:
    text = told(visitor, visitor.get(CALLBACK, {"error": "server_error", "state": "x"})).content.decode()
    assert "took too long, was started in another browser" in text


@pytest.mark.parametrize("code", ["invalid_client", "invalid_scope", "invalid_grant"])
def test_an_error_in_place_of_a_token_is_told_as_what_it_is(code: str, visitor: Client, issuer: Issuer) -> None:
    started = start(visitor)
    issuer.refuse = code
    answer = come_back(visitor, issuer, "ada", started)
    assert answer.status_code == 403
    assert f"(Error code: {code})" in answer.content.decode()
    assert checks() == [code]


@pytest.mark.parametrize(
    ("groups", "kept", "words"),
    [
        (
            ["escape", "a\0b", "x" * 300, 5, None, "escape/km3net"],
            ["escape", "escape/km3net"],
            "4 of your groups at Test IAM cannot be used here",
        ),
        (["\u202egpj", "escape"], ["escape"], "One of your groups at Test IAM cannot be used here"),
        ({"a": "escape"}, [], "One of your groups"),
        (5, [], "One of your groups"),
        ("escape", ["escape"], ""),
        ([f"g{number:05}" for number in range(10_001)], None, "One of your groups"),
        ([], [], ""),
    ],
)
def test_a_group_that_cannot_be_used_costs_itself_and_is_counted(
    groups: object, kept: list[str] | None, words: str, visitor: Client, issuer: Issuer
) -> None:
    user = sign_in_as(visitor, issuer, groups=groups)
    assert user.groups == kept if kept is not None else len(user.groups) == 10_000
    page = visitor.get("/me/").content.decode()
    assert (words in page) if words else ("cannot be used here" not in page)


@pytest.mark.parametrize("odd", [{"x": 1}, 5, ["a"], True])
def test_a_name_that_is_no_text_is_no_name(odd: object, visitor: Client, issuer: Issuer) -> None:
    user = sign_in_as(visitor, issuer, name=odd, preferred_username=odd, email=odd)
    assert (user.name, user.preferred_username, user.email) == ("", "", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("access", ["", "a b", "a\nb", "ä", 5, None, "x" * 100_000])
def test_a_token_that_no_header_can_carry_is_none(access: object, issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    issuer.token_changes = {"access_token": access}
    with pytest.raises(RemoteUnavailable, match="no usable token"):
        vault.access_token(ada, rucio, purpose="test")
    issuer.token_changes = {}
    assert vault.access_token(ada, rucio, purpose="test")


def test_a_wrong_status_of_userinfo_is_no_other_person(visitor: Client, issuer: Issuer) -> None:
    started = start(visitor)
    issuer.raw = {"/userinfo": (404, b'{"error": "not here"}')}
    answer = come_back(visitor, issuer, "ada", started)
    assert answer.status_code == 503
    assert "answered with status 404" in answer.content.decode()


def test_a_subject_of_dots_cannot_lead_elsewhere_at_the_iam(issuer: Issuer, iam: Service) -> None:
    from vre_portal.iam.groups import membership

    for name in ("..", ".", ""):
        with pytest.raises(RemoteRefused):
            membership._segment(iam, name)
    assert membership._segment(iam, "../Groups") == "..%2FGroups"
