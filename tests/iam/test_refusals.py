"""Every answer of an IAM that must be refused: nobody is signed in, the record says why, and the page helps an honest person."""

import time
from typing import Any

import pytest
from django.test import Client

from tests.iam.browsing import CALLBACK, FAILED, come_back, sign_in_as, signed_in, start, told
from tests.iam.issuer import CLIENT, Issuer
from tests.iam.test_signatures import FORGERIES
from vre_portal import services
from vre_portal.audit.models import AuditEntry
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.oidc import signatures
from vre_portal.services import ServiceKind

pytestmark = pytest.mark.django_db
CHECKS = {
    "alg none": "algorithm",
    "alg None": "algorithm",
    "HS256 with the public key": "algorithm",
    "RS512": "algorithm",
    "PS256": "algorithm",
    "wrong issuer": "InvalidIssuerError",
    "wrong audience": "InvalidAudienceError",
    "expired": "time",
    "not yet": "time",
    "another party": "azp",
    "wrong nonce": "nonce",
    "no nonce": "nonce",
    "claims changed": "InvalidSignatureError",
    "signed by a stranger's key": "InvalidSignatureError",
}


@pytest.fixture(autouse=True)
def _person(issuer: Issuer) -> None:
    issuer.person("ada")


def refusals() -> list[tuple[str, str, Any]]:
    return [
        (entry.subject, entry.outcome, entry.facts["check"]) for entry in AuditEntry.objects.filter(action="sign-in", outcome="refused")
    ]


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name != "an empty text"])
def test_a_forged_identity_token_signs_nobody_in_and_is_recorded(
    forgery: str, visitor: Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = issuer.grant("ada")
    nonces: list[str] = []

    def forged(form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = issuer.codes.pop(form["code"])
        nonces.append(asked["nonce"])
        return 200, {**grant, "id_token": FORGERIES[forgery](issuer, issuer.claims("ada", CLIENT, nonce=asked["nonce"]))}

    monkeypatch.setattr(issuer, "_code", forged)
    answer = come_back(visitor, issuer)
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "Sign-in failed" in text
    assert "Start again" in text
    assert nonces[0] not in text
    assert not signed_in(visitor)
    assert not User.objects.exists()
    [(subject, outcome, check)] = refusals()
    assert (subject, outcome) == ("iam/iam", "refused")
    assert check == CHECKS.get(forgery, check)


@pytest.mark.parametrize("minutes", [-4.5, 4.5])
def test_a_clock_that_is_off_by_less_than_five_minutes_is_forgiven(minutes: float, visitor: Client, issuer: Issuer) -> None:
    when = int(time.time() + minutes * 60)
    issuer.identity_changes = {"iat": when, "nbf": when, "exp": when + 1}
    assert come_back(visitor, issuer)["Location"] == "/me/welcome/"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_off_by_more_is_told_in_words(minutes: float, visitor: Client, issuer: Issuer) -> None:
    when = int(time.time() + minutes * 60)
    issuer.identity_changes = {"iat": when, "nbf": when, "exp": when + 1}
    answer = come_back(visitor, issuer)
    assert answer.status_code == 403
    assert "one of the two clocks is wrong" in answer.content.decode()
    assert "Test IAM" in answer.content.decode()
    assert refusals() == [("iam/iam", "refused", "time")]


def test_an_answer_used_twice_is_refused_and_recorded(visitor: Client, issuer: Issuer) -> None:
    answer = issuer.authorize(start(visitor)["Location"], "ada")
    assert visitor.get(CALLBACK, answer)["Location"] == "/me/welcome/"
    page = told(visitor, visitor.get(CALLBACK, answer))
    assert "was used before" in page.content.decode()
    assert refusals() == [("iam/iam", "refused", "state unknown, used before or too old")]
    assert signed_in(visitor)  # who is in stays in


def test_a_code_used_twice_is_refused_and_recorded(visitor: Client, issuer: Issuer) -> None:
    code = issuer.authorize(start(visitor)["Location"], "ada")["code"]
    thief = Client()
    state = issuer.authorize(start(thief)["Location"], "ada")["state"]
    del issuer.codes[code]  # the first use
    assert thief.get(CALLBACK, {"code": code, "state": state})["Location"] == FAILED
    assert refusals() == [("iam/iam", "refused", "invalid_grant")]


def test_a_state_of_another_browser_is_refused_and_recorded(visitor: Client, issuer: Issuer) -> None:
    answer = issuer.authorize(start(visitor)["Location"], "ada")
    assert Client().get(CALLBACK, answer)["Location"] == FAILED
    assert issuer.asked["authorization_code"] == 0
    assert len(refusals()) == 1


def test_an_answer_of_another_issuer_is_refused_and_recorded(visitor: Client, issuer: Issuer) -> None:
    come_back(visitor, issuer, iss="https://evil.example/")
    assert refusals() == [("iam/iam", "refused", "mix-up")]


def test_userinfo_of_another_person_is_refused_and_recorded(visitor: Client, issuer: Issuer) -> None:
    issuer.userinfo_changes = {"sub": "mallory"}
    come_back(visitor, issuer)
    assert refusals() == [("iam/iam", "refused", "userinfo")]


def test_an_error_of_the_iam_is_recorded_and_stopping_there_is_not(visitor: Client, issuer: Issuer) -> None:
    for error in ("server_error", "access_denied"):
        state = issuer.authorize(start(visitor)["Location"], "ada")["state"]
        assert visitor.get(CALLBACK, {"error": error, "state": state})["Location"] == FAILED
    assert refusals() == [("iam/iam", "refused", "answered with an error: server_error")]


def test_the_record_holds_no_state_code_or_nonce(visitor: Client, issuer: Issuer) -> None:
    issuer.identity_changes = {"nonce": "another"}
    started = start(visitor)
    answer = issuer.authorize(started["Location"], "ada")
    asked = dict(issuer.codes[answer["code"]])
    visitor.get(CALLBACK, answer)
    visitor.get(CALLBACK, answer)
    text = repr([entry.payload for entry in AuditEntry.objects.all()])
    assert not [secret for secret in (answer["code"], answer["state"], asked["nonce"]) if secret in text]


@pytest.mark.django_db(transaction=True)
def test_new_keys_of_the_iam_sign_nobody_out_and_the_next_sign_in_fetches_them_once(visitor: Client, issuer: Issuer) -> None:
    user = sign_in_as(visitor, issuer)
    issuer.new_key()
    del issuer.keys["k1"]
    signatures.ring(services.service(ServiceKind.IAM)).fetched_at -= signatures.PAUSE_SECONDS + 1
    assert signed_in(visitor)
    before = issuer.asked["jwk"]
    token = vault.access_token(user, services.service(ServiceKind.RUCIO), purpose="test")
    assert token
    sign_in_as(Client(), issuer, "eve")
    assert issuer.asked["jwk"] == before + 1
    assert signed_in(visitor)
