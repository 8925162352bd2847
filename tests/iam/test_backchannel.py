"""An IAM ends sessions here by a logout token; whatever is not exactly one ends nothing."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import Client

from tests.iam.browsing import sign_in_as, signed_in
from tests.iam.conftest import forget
from tests.iam.issuer import CLIENT, Issuer
from tests.iam.test_signatures import FORGERIES
from vre_portal.audit.models import AuditEntry
from vre_portal.iam import worker
from vre_portal.iam.models import Token, UsedLogout, User, UserSession
from vre_portal.iam.sessions import backchannel
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
ADDRESS = "/accounts/oidc/iam/backchannel-logout/"
EVENTS = {backchannel.EVENT: {}}
Claims = dict[str, Any]


def claims(issuer: Issuer, **changes: Any) -> Claims:
    """Those of a good logout token for ada; a change to None leaves a claim out."""
    now = int(time.time())
    base = {"iss": issuer.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex, "events": EVENTS, "sub": "ada"}
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def call(issuer: Issuer, **changes: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(ADDRESS, {"logout_token": issuer.sign(claims(issuer, **changes))})


def enter(issuer: Issuer, sub: str = "ada", **identity: Any) -> Client:
    """A browser in which somebody signed in."""
    issuer.identity_changes, browser = identity, Client()
    sign_in_as(browser, issuer, sub)
    return browser


def test_all_sessions_of_a_subject_end_and_nobody_elses(issuer: Issuer) -> None:
    browsers = [enter(issuer), enter(issuer), enter(issuer, "eve")]
    answer = call(issuer)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "no-store" in answer["Cache-Control"]
    assert [signed_in(browser) for browser in browsers] == [False, False, True]
    entry = AuditEntry.objects.get(action="session.end")
    assert (entry.subject, entry.outcome) == (f"person/{User.objects.get(subject='ada').handle}", "ok")


def test_a_session_that_is_named_ends_alone(issuer: Issuer) -> None:
    one, other = enter(issuer, sid="s1"), enter(issuer, sid="s2")
    assert call(issuer, sub=None, sid="s1").status_code == 200
    assert [signed_in(one), signed_in(other)] == [False, True]
    assert call(issuer, sid="s2").status_code == 200
    assert not signed_in(other)


def test_a_session_whose_name_was_never_told_ends_with_its_subject(issuer: Issuer) -> None:
    unnamed, named = enter(issuer), enter(issuer, sid="s2")
    call(issuer, sub=None, sid="s1")
    assert signed_in(unnamed)
    call(issuer, sid="s1")
    assert [signed_in(unnamed), signed_in(named)] == [False, True]


def test_the_name_of_a_session_with_the_subject_of_another_ends_nothing(issuer: Issuer) -> None:
    ada = enter(issuer, sid="s1")
    enter(issuer, "eve", sid="s2")
    assert call(issuer, sub="eve", sid="s1").status_code == 200
    assert signed_in(ada)


def test_who_is_not_here_is_nobody_to_end(issuer: Issuer) -> None:
    assert call(issuer, sub="nobody").status_code == 200
    assert not AuditEntry.objects.exists()


def test_no_iam_ends_the_sessions_of_another(two: tuple[Issuer, Issuer]) -> None:
    visitor = Client()
    for issuer in two:
        issuer.person("ada")
    answer = two[0].authorize(visitor.post("/accounts/login/", {"iam": "iam"})["Location"], "ada")
    visitor.get("/accounts/oidc/iam/login/callback/", answer)
    token = two[1].sign(claims(two[1]))
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == 400
    assert Client().post("/accounts/oidc/egi/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert signed_in(visitor)


def test_no_iam_ends_a_session_of_another_by_its_name(two: tuple[Issuer, Issuer]) -> None:
    visitor = Client()
    two[0].person("ada")
    two[0].identity_changes = {"sid": "s1"}
    answer = two[0].authorize(visitor.post("/accounts/login/", {"iam": "iam"})["Location"], "ada")
    visitor.get("/accounts/oidc/iam/login/callback/", answer)
    token = two[1].sign(claims(two[1], sub=None, sid="s1"))
    assert Client().post("/accounts/oidc/egi/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert signed_in(visitor)


def test_tokens_for_work_that_goes_on_are_kept_until_the_last_session_is_over(issuer: Issuer) -> None:
    enter(issuer, sid="s1")
    enter(issuer, sid="s2")
    call(issuer, sid="s1")
    assert Token.objects.filter(retired_at=None).count() == 1
    call(issuer, sid="s2")
    assert not Token.objects.filter(retired_at=None).exists()


# How a good token is spoiled, and the check that it fails.
SPOILED: dict[str, tuple[Callable[[], Claims], str]] = {
    "another issuer": (lambda: {"iss": "https://evil.example/"}, "InvalidIssuerError"),
    "no issuer": (lambda: {"iss": None}, "MissingRequiredClaimError"),
    "another audience": (lambda: {"aud": "another"}, "InvalidAudienceError"),
    "no audience": (lambda: {"aud": None}, "MissingRequiredClaimError"),
    "no time": (lambda: {"iat": None}, "MissingRequiredClaimError"),
    "a time that is none": (lambda: {"iat": "x"}, "InvalidIssuedAtError"),
    "from the future": (lambda: {"iat": int(time.time()) + 400}, "time"),
    "old, though it lives": (lambda: {"iat": int(time.time()) - 660, "exp": int(time.time()) + 9999}, "time"),
    "no end": (lambda: {"exp": None}, "MissingRequiredClaimError"),
    "run out": (lambda: {"exp": int(time.time()) - 310}, "time"),
    "a nonce, as of an identity token": (lambda: {"nonce": "n"}, "nonce"),
    "no events": (lambda: {"events": None}, "MissingRequiredClaimError"),
    "another event": (lambda: {"events": {"http://evil.example/": {}}}, "events"),
    "events as a list": (lambda: {"events": [backchannel.EVENT]}, "events"),
    "events as a text": (lambda: {"events": backchannel.EVENT}, "events"),
    "an event that is no object": (lambda: {"events": {backchannel.EVENT: True}}, "events"),
    "nobody": (lambda: {"sub": None}, "sub and sid"),
    "an empty subject": (lambda: {"sub": ""}, "sub"),
    "a subject that is a list": (lambda: {"sub": ["ada"]}, "InvalidSubjectError"),
    "a session that is a number": (lambda: {"sid": 1}, "sid"),
    "an empty session": (lambda: {"sid": ""}, "sid"),
    "a session with a null byte": (lambda: {"sid": "\0"}, "sid"),
    "a session of endless length": (lambda: {"sid": "s" * 256}, "sid"),
    "no number of its own": (lambda: {"jti": None}, "MissingRequiredClaimError"),
    "an empty number of its own": (lambda: {"jti": ""}, "jti"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_token_that_is_not_exactly_a_logout_token_ends_nothing(case: str, issuer: Issuer) -> None:
    browser, (changes, check) = enter(issuer), SPOILED[case]
    answer = call(issuer, **changes())
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert "no-store" in answer["Cache-Control"]
    assert signed_in(browser)
    assert [(entry.outcome, entry.facts["check"]) for entry in AuditEntry.objects.filter(action="session.end")] == [("refused", check)]
    assert not UsedLogout.objects.exists()


SIGNATURES = (
    "alg none",
    "alg None",
    "no signature",
    "HS256 with the public key",
    "RS512",
    "PS256",
    "claims changed",
    "signed by a stranger's key",
    "not a token",
    "an empty text",
)


@pytest.mark.parametrize("forgery", SIGNATURES)
def test_a_forged_token_ends_nothing(forgery: str, issuer: Issuer) -> None:
    browser = enter(issuer)
    answer = Client().post(ADDRESS, {"logout_token": FORGERIES[forgery](issuer, claims(issuer))})
    assert answer.status_code == 400
    assert signed_in(browser)
    assert AuditEntry.objects.get(action="session.end").outcome == "refused"


def test_tokens_made_for_something_else_end_nothing(issuer: Issuer) -> None:
    browser = enter(issuer)
    identity = issuer.sign(issuer.claims("ada", CLIENT, nonce="n"))
    as_access = jwt.encode(claims(issuer), issuer.keys["k1"], algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"})
    for token in (identity, issuer.grant("ada")["access_token"], as_access):
        assert Client().post(ADDRESS, {"logout_token": token}).status_code == 400
    assert signed_in(browser)


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "LOGOUT+JWT"])
def test_a_token_may_say_what_it_is(typ: str, issuer: Issuer) -> None:
    browser = enter(issuer)
    token = jwt.encode(claims(issuer), issuer.keys["k1"], algorithm="RS256", headers={"kid": "k1", "typ": typ})
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == 200
    assert not signed_in(browser)


@pytest.mark.parametrize(("typ", "status"), [("logout+jwt", 200), ("JWT", 400), ("", 400)])
def test_of_an_iam_that_types_its_tokens_the_type_can_be_demanded(typ: str, status: int, issuer: Issuer) -> None:
    service(ServiceKind.IAM).options["logout_typed"] = True  # type: ignore[index]
    token = jwt.encode(claims(issuer), issuer.keys["k1"], algorithm="RS256", headers={"kid": "k1", "typ": typ})
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == status


def test_who_came_after_somebody_else_in_the_same_browser_is_ended_by_name_too(issuer: Issuer) -> None:
    browser = enter(issuer, "eve", sid="s1")
    issuer.identity_changes = {"sid": "s2"}
    sign_in_as(browser, issuer, "ada")
    assert UserSession.objects.get().sid == "s2"
    assert call(issuer, sub=None, sid="s2").status_code == 200
    assert not signed_in(browser)


def test_a_token_counts_once(issuer: Issuer) -> None:
    token = issuer.sign(claims(issuer))
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == 200
    browser = enter(issuer)
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == 400
    assert signed_in(browser)
    assert AuditEntry.objects.get(action="session.end").facts["check"] == "replay"


def test_used_tokens_are_remembered_for_as_long_as_they_could_be_taken(issuer: Issuer) -> None:
    call(issuer)
    worker.forget()
    assert UsedLogout.objects.count() == 1
    UsedLogout.objects.update(at=UsedLogout.objects.get().at - backchannel.REMEMBER)
    worker.forget()
    assert not UsedLogout.objects.exists()


def test_an_iam_that_is_away_is_not_believed_and_may_come_again(issuer: Issuer) -> None:
    browser, token = enter(issuer), issuer.sign(claims(issuer))
    forget()
    issuer.down = True
    answer = Client().post(ADDRESS, {"logout_token": token})
    assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
    assert UserSession.objects.count() == 1
    issuer.down = False
    assert Client().post(ADDRESS, {"logout_token": token}).status_code == 200
    assert not signed_in(browser)


def test_only_a_post_to_a_known_iam_counts(issuer: Issuer) -> None:
    token = issuer.sign(claims(issuer))
    assert Client().get(ADDRESS, {"logout_token": token}).status_code == 405
    assert Client().post(f"{ADDRESS}?logout_token={token}").status_code == 400
    assert Client().post("/accounts/oidc/evil/backchannel-logout/", {"logout_token": token}).status_code == 404


def test_too_many_calls_are_told_to_wait(issuer: Issuer, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "logout": "2/60"}
    browser = Client(REMOTE_ADDR="198.51.100.77")
    codes = [browser.post(ADDRESS, {"logout_token": ""}).status_code for _ in range(3)]
    assert codes == [400, 400, 429]
