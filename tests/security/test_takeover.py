"""Nobody becomes somebody else: not by an equal or a changed name, address or subject, and not by the key of a session that has ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from projects.models import Membership, Role
from projects.notebooks import worker
from projects.notebooks.models import Session
from tests.factories import make_project
from tests.iam.browsing import sign_in_as
from tests.iam.conftest import ENTRY, forget
from tests.iam.issuer import Issuer
from tests.notebooks.conftest import BadHub
from tests.vre_portal.servers import serving
from vre_portal.iam.models import Identity, User
from vre_portal.iam.oidc import signatures
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
MakeSession = Callable[..., Session]
MISTAKEN = ("preferred_username", "email", "name", "eduperson_unique_id", "voperson_id", "user_id", "uid", "upn", "id")


def test_nothing_but_the_subject_says_who_one_is(visitor: Client, issuer: Issuer) -> None:
    ada = sign_in_as(visitor, issuer, "ada", preferred_username="ada", email="ada@x.example")
    like_ada: dict[str, Any] = dict.fromkeys(MISTAKEN, "ada") | {"email": "ada@x.example", "email_verified": True}
    eve = sign_in_as(Client(), issuer, "eve", **like_ada)
    assert eve.pk != ada.pk
    assert eve.handle != ada.handle
    assert not Identity.objects.filter(user=ada, subject="eve").exists()


@pytest.mark.parametrize("verified", [True, False, None, "true"])
def test_an_address_links_nothing_verified_or_not(visitor: Client, issuer: Issuer, verified: object) -> None:
    ada = sign_in_as(visitor, issuer, "ada", email="Ada@x.example", email_verified=True)
    eve = sign_in_as(Client(), issuer, "eve", email="ada@x.example", email_verified=verified)
    assert eve.pk != ada.pk
    assert Identity.objects.filter(user=ada).count() == 1


def test_who_takes_another_name_keeps_their_own_projects_and_gets_no_others(visitor: Client, issuer: Issuer) -> None:
    ada, eve = sign_in_as(visitor, issuer, "ada", groups=["a"]), sign_in_as(Client(), issuer, "eve", groups=["e"])
    Membership.objects.create(project=make_project(slug="of-ada"), user=ada, role=Role.LEAD)
    browser = Client()
    renamed = sign_in_as(browser, issuer, "eve", preferred_username=ada.preferred_username, name=ada.name, email=ada.email, groups=["e"])
    assert renamed.pk == eve.pk
    assert browser.get("/projects/of-ada/").status_code == 404
    back = sign_in_as(visitor, issuer, "ada", preferred_username="other", name="Other", email="o@x.example", groups=["a"])
    assert back.pk == ada.pk
    assert visitor.get("/projects/of-ada/").status_code == 200


def test_the_key_of_a_session_that_ended_opens_nothing(visitor: Client, issuer: Issuer, settings: Any) -> None:
    sign_in_as(visitor, issuer, "ada")
    key, other, thief = visitor.cookies[settings.SESSION_COOKIE_NAME].value, Client(), Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = key
    assert other.get("/me/").status_code == 200
    visitor.post("/accounts/logout/")
    assert other.get("/me/").status_code == 302  # a second tab is out, too
    thief.cookies[settings.SESSION_COOKIE_NAME] = key
    assert thief.get("/me/").status_code == 302


def test_a_key_that_somebody_planted_is_none_after_the_sign_in(visitor: Client, issuer: Issuer, settings: Any) -> None:
    planted = Client()
    planted.post("/accounts/login/", {"next": "/me/"})  # so that there is a session, of the attacker's choice
    key = planted.cookies[settings.SESSION_COOKIE_NAME].value
    visitor.cookies[settings.SESSION_COOKIE_NAME] = key
    sign_in_as(visitor, issuer, "ada")
    assert visitor.cookies[settings.SESSION_COOKIE_NAME].value != key
    assert planted.get("/me/").status_code == 302


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk"])
def test_a_key_that_a_token_brings_along_is_not_looked_at(issuer: Issuer, iam: Service, header: str) -> None:
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with serving(lambda it: it.whole(b"{}")) as (evil, seen):
        brought = {"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)}.get(header, f"{evil.url}/keys")
        claims = issuer.claims("ada", "portal", nonce="n")
        for kid in ("k1", "mine"):
            token = jwt.encode(claims, own, algorithm="RS256", headers={"kid": kid, header: brought})
            with pytest.raises(signatures.NotGenuine):
                signatures.identity(iam, token, nonce="n")
    assert seen.lines == []
    assert signatures.identity(iam, issuer.sign(claims), nonce="n")["sub"] == "ada"


def test_a_subject_of_another_iam_is_nobody_at_the_hub(
    make_session: MakeSession, bad_hub: BadHub, people: dict[str, User], tmp_path: Path, settings: Any
) -> None:
    member = people["member"]
    text = ENTRY.format(name="iam", title="Our IAM", url=member.issuer, profile="iam")
    text += ENTRY.format(name="theirs", title="Their IAM", url="https://theirs.example/", profile="iam")
    (tmp_path / "two.toml").write_text(text)
    settings.SERVICES_FILE = str(tmp_path / "two.toml")
    forget()
    twin = User.objects.for_identity("https://theirs.example/", member.subject, groups=["escape/km3net"])
    session = make_session(by=twin)
    worker.start(session.pk)
    session.refresh_from_db()
    assert session.state == "failed"
    assert "accepts sign-ins from Our IAM only" in session.message
    Session.objects.filter(pk=session.pk).update(state="stopping")
    worker.stop(session.pk)
    worker.look_at_all(worker.hub_of(session))
    assert [path for _, path in bad_hub.asked if member.subject in path] == []
    linked = User.objects.for_identity("https://theirs.example/", "another", groups=["escape/km3net"])
    Identity.objects.create(user=linked, issuer=member.issuer, subject="linked-there")
    bad_hub.answer(500)
    worker.start(make_session(by=linked).pk)
    assert any("linked-there" in path for _, path in bad_hub.asked)
    forget()
