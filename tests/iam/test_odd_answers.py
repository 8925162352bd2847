"""Whatever an IAM answers, somebody is signed in as who they are, or refused in words and in the record; it is never an error of the portal."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.iam.browsing import CALLBACK, FAILED, start
from tests.iam.issuer import Issuer
from tests.iam.odd import BODIES, FEW, VALUES, shown
from vre_portal.audit import services as audit
from vre_portal.audit.models import AuditEntry
from vre_portal.http import RemoteError
from vre_portal.iam import oidc, people, vault
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.oidc import discovery, signatures
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
FIELDS = {
    "token_changes": ("access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope", "error"),
    "subject": ("sub",),
    "identity_changes": ("sub", "iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "jti", "auth_time", "acr", "sid"),
    "userinfo_changes": ("sub", "name", "preferred_username", "email", "groups", "wlcg.groups"),
    "discovery_changes": (
        "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "revocation_endpoint", "end_session_endpoint",
    ),
    "key_changes": ("kid", "kty", "n", "e", "alg", "use", "key_ops", "crv", "x5c"),
    "header_changes": ("kid", "alg", "typ", "crit", "b64", "jku", "jwk"),
}  # fmt: skip
EACH = [(kind, name) for kind, names in FIELDS.items() for name in names]
# What the portal reads and keeps is tried with every value, the others with a choice of each kind.
KEPT = {"subject-sub", "userinfo_changes-name", "userinfo_changes-groups", "userinfo_changes-wlcg.groups", "token_changes-expires_in",
        "token_changes-scope", "token_changes-access_token", "identity_changes-auth_time", "identity_changes-acr", "identity_changes-sid"}  # fmt: skip
REMEMBERED = {"sub", "auth_time", "acr", "sid"}  # by sessions and people
PATHS = ("/token", "/userinfo", "/jwk", "/.well-known/openid-configuration")
each_field = pytest.mark.parametrize(("kind", "name"), EACH, ids=[f"{kind.removesuffix('_changes')}-{name}" for kind, name in EACH])
each_path = pytest.mark.parametrize("path", PATHS)


@pytest.fixture(autouse=True)
def _unhindered(issuer: Issuer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ins in a minute, each of which is written down."""
    issuer.person("ada")
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/60")
    monkeypatch.setattr(audit, "STRANGERS", 10**6)


def change(issuer: Issuer, kind: str, name: str, value: object) -> None:
    """Give the field this value; a subject has to be the same in both places, or it is refused for that alone."""
    for each in ("identity_changes", "userinfo_changes") if kind == "subject" else (kind,):
        setattr(issuer, each, {name: value})
    if kind in ("discovery_changes", "key_changes"):
        forget()


def forget() -> None:
    """What the portal knows of the IAM."""
    discovery._known.clear()
    signatures._rings.clear()


def enter(issuer: Issuer, iam: Service, known: set[str]) -> str:
    """What a sign-in does without a browser; how it failed with an error of the portal's own, or nothing.

    What would be stored is stored once: it is the same again and again.
    """
    issuer.codes["c"] = {"sub": "ada", "nonce": "n"}
    try:
        with transaction.atomic():
            tokens = oidc.by_code(iam, code="c", verifier="v", redirect="http://portal.example/")
            proven = people.prove(iam, tokens, nonce="n")
            facts = {name: value for name, value in proven.facts.items() if name != "groups_seen_at"}
            stored = repr((proven.subject, facts, tokens.scope, bool(tokens.refresh), tokens.expires_at.date()))
            if stored not in known:
                vault.store_sign_in(User.objects.for_identity(iam.url, proven.subject, **proven.facts), tokens)
                known.add(stored)
    except RemoteError as error:
        return "" if str(error) else "no words"
    except Exception as error:  # noqa: BLE001 -- this is what is looked for
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def browse(issuer: Issuer) -> str:
    """One whole sign-in; what is wrong with how it ended, or nothing."""
    forget()
    browser, before = Client(raise_request_exception=False), AuditEntry.objects.count()
    answer = start(browser)
    if answer.status_code == 302:
        if not answer["Location"].startswith(("http://", "https://")):
            return f"sent to {answer['Location'][:80]}"
        answer = browser.get(CALLBACK, issuer.authorize(answer["Location"], "ada"))
    if answer.headers.get("Location") == FAILED:
        answer = browser.get(FAILED)
    if answer.status_code == 302:
        page = browser.get("/me/", {"format": "json"})
        return "" if page.status_code == 200 else f"/me/ is {page.status_code} after it"
    if answer.status_code not in (403, 502, 503):
        return f"status {answer.status_code}"
    text = answer.content.decode()
    reason = text[text.find("lede") :].partition("</p>")[0]  # a token elsewhere on the page, as a form's own, says nothing
    if "IAM" not in reason and "token" not in reason:
        return f"says nothing of the IAM: {reason[:200]}"
    return "" if AuditEntry.objects.count() > before else "not in the record"


@each_field
def test_no_odd_value_of_a_field_is_an_error_of_the_portal(kind: str, name: str, issuer: Issuer, iam: Service) -> None:
    wrong, known = {}, set[str]()
    for value in VALUES if f"{kind}-{name}" in KEPT else [*VALUES[::5], *FEW]:
        change(issuer, kind, name, value)
        if fault := enter(issuer, iam, known):
            wrong[shown(value)] = fault
    assert wrong == {}
    subjects = set(Identity.objects.values_list("subject", flat=True))
    assert subjects <= {"ada"} or (kind == "subject" and "" not in subjects)


@each_path
def test_no_odd_answer_as_a_whole_is_an_error_of_the_portal(path: str, issuer: Issuer, iam: Service) -> None:
    wrong = {}
    for status, body in BODIES:
        forget()
        issuer.raw = {path: (status, body)}
        if fault := enter(issuer, iam, set()):
            wrong[f"{status} {shown(body)}"] = fault
    assert wrong == {}
    assert not User.objects.exists()
    assert not Token.objects.exists()


@each_field
def test_an_odd_value_of_a_field_is_a_page_with_words_and_an_entry_in_the_record(kind: str, name: str, issuer: Issuer) -> None:
    wrong = {}
    for value in [*VALUES[::4], *FEW] if name in REMEMBERED and kind != "userinfo_changes" else FEW:
        change(issuer, kind, name, value)
        if fault := browse(issuer):
            wrong[shown(value)] = fault
    assert wrong == {}


@each_path
def test_an_odd_answer_as_a_whole_is_a_page_with_words_and_an_entry_in_the_record(path: str, issuer: Issuer) -> None:
    wrong = {}
    for status, body in BODIES[::4]:
        issuer.raw = {path: (status, body)}
        if fault := browse(issuer):
            wrong[f"{status} {shown(body)}"] = fault
    assert wrong == {}
