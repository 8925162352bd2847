"""Which tokens are believed."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.iam.issuer import CLIENT, Issuer
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.oidc import signatures
from vre_portal.iam.oidc.discovery import discover
from vre_portal.services import Service


def part(value: dict[str, Any] | bytes) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(issuer: Issuer, claims: dict[str, Any], algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'kid': 'k1'})}.{part(claims)}."


def with_public_key_as_secret(issuer: Issuer, claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret: the classic confusion of algorithms."""
    public = issuer.keys["k1"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    return f"{signed}.{part(hmac.digest(pem, signed.encode(), 'sha256'))}"


def tampered(issuer: Issuer, claims: dict[str, Any]) -> str:
    header, _, signature = issuer.sign(claims).split(".")
    return f"{header}.{part(claims | {'sub': 'someone else'})}.{signature}"


def by_a_stranger(issuer: Issuer, claims: dict[str, Any]) -> str:
    return issuer.sign(claims, key=strangers_key())


def strangers_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


FORGERIES: dict[str, Callable[[Issuer, dict[str, Any]], str]] = {
    "alg none": lambda it, claims: unsigned(it, claims, "none"),
    "alg None": lambda it, claims: unsigned(it, claims, "None"),
    "no signature": lambda it, claims: unsigned(it, claims, "RS256"),
    "HS256 with the public key": with_public_key_as_secret,
    "RS512": lambda it, claims: it.sign(claims, algorithm="RS512"),
    "PS256": lambda it, claims: it.sign(claims, algorithm="PS256"),
    "claims changed": tampered,
    "signed by a stranger's key": by_a_stranger,
    "wrong issuer": lambda it, claims: it.sign(claims | {"iss": "https://evil.example/"}),
    "issuer without its slash": lambda it, claims: it.sign(claims | {"iss": it.url.rstrip("/")}),
    "wrong audience": lambda it, claims: it.sign(claims | {"aud": "another"}),
    "no audience": lambda it, claims: it.sign({name: value for name, value in claims.items() if name != "aud"}),
    "expired": lambda it, claims: it.sign(claims | {"exp": int(time.time()) - 360}),
    "no end": lambda it, claims: it.sign({name: value for name, value in claims.items() if name != "exp"}),
    "not yet": lambda it, claims: it.sign(claims | {"nbf": int(time.time()) + 600}),
    "no subject": lambda it, claims: it.sign({name: value for name, value in claims.items() if name != "sub"}),
    "another party": lambda it, claims: it.sign(claims | {"azp": "another"}),
    "several audiences and no party": lambda it, claims: it.sign(claims | {"aud": [CLIENT, "another"]}),
    "wrong nonce": lambda it, claims: it.sign(claims | {"nonce": "other"}),
    "no nonce": lambda it, claims: it.sign({name: value for name, value in claims.items() if name != "nonce"}),
    "not a token": lambda it, claims: "nonsense",
    "an empty text": lambda it, claims: "",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_identity_token_is_refused(forgery: str, issuer: Issuer, iam: Service) -> None:
    claims = issuer.claims("ada", CLIENT, nonce="right")
    assert signatures.identity(iam, issuer.sign(claims), nonce="right")["sub"] == "ada"
    with pytest.raises(signatures.NotGenuine):
        signatures.identity(iam, FORGERIES[forgery](issuer, claims), nonce="right")


def test_several_audiences_are_fine_when_the_party_is_this_portal(issuer: Issuer, iam: Service) -> None:
    token = issuer.sign(issuer.claims("ada", CLIENT) | {"aud": [CLIENT, "another"], "azp": CLIENT})
    assert signatures.identity(iam, token, nonce=None)["sub"] == "ada"


def test_an_unknown_key_is_looked_for_once(issuer: Issuer, iam: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    signatures.claims(iam, issuer.sign(issuer.claims("ada", "x")), audience="x")
    signatures.ring(iam).fetched_at -= signatures.PAUSE_SECONDS + 1
    issuer.new_key()
    before = issuer.asked["jwk"]
    signatures.claims(iam, issuer.sign(issuer.claims("ada", "x")), audience="x")
    assert issuer.asked["jwk"] == before + 1
    for _ in range(20):
        with pytest.raises(signatures.NotGenuine):
            signatures.claims(iam, issuer.sign(issuer.claims("ada", "x"), kid="k1")[:-8], audience="x")
    forged = jwt.encode(issuer.claims("ada", "x"), issuer.keys["k1"], algorithm="RS256", headers={"kid": "never seen"})
    for _ in range(20):
        with pytest.raises(signatures.NotGenuine):
            signatures.claims(iam, forged, audience="x")
    assert issuer.asked["jwk"] == before + 1


def test_keys_that_are_known_go_on_while_the_iam_is_down(issuer: Issuer, iam: Service) -> None:
    token = issuer.sign(issuer.claims("ada", "x"))
    signatures.claims(iam, token, audience="x")
    issuer.down = True
    assert signatures.claims(iam, token, audience="x")["sub"] == "ada"


def test_a_known_key_waits_for_nobody_who_fetches(issuer: Issuer, iam: Service) -> None:
    token = issuer.sign(issuer.claims("ada", "x"))
    signatures.claims(iam, token, audience="x")
    with signatures.ring(iam).lock:
        assert signatures.claims(iam, token, audience="x")["sub"] == "ada"


def test_while_the_keys_cannot_be_read_an_unknown_one_is_asked_for_once(issuer: Issuer, iam: Service) -> None:
    signatures.claims(iam, issuer.sign(issuer.claims("ada", "x")), audience="x")
    ring = signatures.ring(iam)
    ring.fetched_at -= signatures.PAUSE_SECONDS + 1
    issuer.down = True
    with pytest.raises(RemoteUnavailable):
        ring.key("odd", "RS256")
    failed_at = ring.failed_at
    for _ in range(3):
        with pytest.raises(RemoteUnavailable):
            ring.key("odd", "RS256")
    assert ring.failed_at == failed_at


def test_who_waited_for_an_attempt_that_failed_makes_no_other(iam: Service) -> None:
    ring, attempts = signatures.KeyRing(iam), []

    def fails() -> None:
        attempts.append(1)
        time.sleep(0.3)
        raise RemoteUnavailable("away", service=iam)

    ring.fetch = fails  # type: ignore[method-assign]
    with ThreadPoolExecutor(4) as pool:
        outcomes = [future.exception() for future in [pool.submit(ring.key, "k1", "RS256") for _ in range(4)]]
    assert [str(outcome) for outcome in outcomes] == ["away"] * 4
    assert len(attempts) == 1


def test_a_document_of_another_issuer_is_refused(issuer: Issuer, iam: Service) -> None:
    issuer.url = "https://evil.example/"
    with pytest.raises(RemoteRefused):
        discover(iam)
