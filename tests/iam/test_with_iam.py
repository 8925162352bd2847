"""The same paths with the demonstration IAM itself: the portal's side in process, the IAM over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone

from devstack.address import IAM_ISSUER, PORTAL_URL, subject
from devstack.iam.control import person
from tests.devstack import iam_client
from tests.devstack.changed_people import restore
from vre_portal.iam import vault, worker
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc import signatures
from vre_portal.services import ServiceKind, service

pytestmark = [pytest.mark.integration("iam"), pytest.mark.django_db]


def sign_in(name: str) -> tuple[Client, User]:
    """Go through the whole of it as one of the demonstration's people."""
    visitor = Client(HTTP_HOST=PORTAL_URL.removeprefix("http://"))
    to_iam = visitor.post("/accounts/login/", {"next": "/me/"})["Location"]
    at_iam = iam_client.sign_in(name).get(to_iam, allow_redirects=False, timeout=10)
    back = at_iam.headers["Location"]
    assert back.startswith(PORTAL_URL)
    assert visitor.get(back.removeprefix(PORTAL_URL))["Location"] == "/me/"
    return visitor, User.objects.get(issuer=IAM_ISSUER, subject=subject(name))


@pytest.fixture
def member() -> Iterator[str]:
    yield "member"
    restore("member")


def expire(user: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.filter(user=user).update(expires_at=past, fresh_until=past)


def test_signing_in_gives_identity_groups_and_tokens() -> None:
    visitor, lead = sign_in("lead")
    told = visitor.get("/me/", {"format": "json"}).json()
    assert told["groups"] == ["escape", "escape/km3net", "escape/leads"]
    assert (told["issuer"], told["subject"]) == (IAM_ISSUER, subject("lead"))
    assert lead.preferred_username == "lead"
    assert not lead.is_staff
    assert sign_in("admin")[1].is_staff


def test_a_newcomer_may_sign_in_and_is_told_what_to_do() -> None:
    visitor, newcomer = sign_in("newcomer")
    assert newcomer.groups == []
    assert "Next steps" in visitor.get("/me/").content.decode()


@pytest.mark.parametrize("kind", [ServiceKind.RUCIO, ServiceKind.REANA])
def test_each_service_gets_a_token_for_itself_alone(kind: ServiceKind) -> None:
    _, lead = sign_in("lead")
    iam, target = service(ServiceKind.IAM), service(kind)
    token = vault.access_token(lead, target, purpose="test")
    claims = signatures.claims(iam, token, audience=target.audience)
    assert (claims["sub"], claims["aud"], claims["act"]) == (lead.subject, target.audience, {"sub": "portal"})
    assert set(claims["scope"].split()) >= {"openid", "profile"}
    assert "offline_access" not in claims["scope"]


def test_a_group_taken_away_is_gone_after_the_next_refresh(member: str) -> None:
    _, user = sign_in(member)
    assert "escape/km3net" in user.groups
    person(member, "--remove", "escape/km3net")
    expire(user)
    vault.access_token(user, service(ServiceKind.RUCIO), purpose="test")
    assert "escape/km3net" not in user.groups
    assert User.objects.get(pk=user.pk).groups == ["escape"]


def test_a_person_switched_off_at_the_iam_gets_no_new_token(member: str) -> None:
    _, user = sign_in(member)
    person(member, "--disable")
    with pytest.raises(vault.SignInAgain):
        vault.access_token(user, service(ServiceKind.RUCIO), purpose="test")
    assert not Token.objects.filter(user=user).exists()


def test_signing_out_revokes_the_tokens_at_the_iam() -> None:
    visitor, lead = sign_in("lead")
    row = Token.objects.get(user=lead)
    access, refresh = row.open_access(), row.open_refresh()
    assert iam_client.userinfo(access).status_code == 200
    visitor.post("/accounts/logout/")
    assert visitor.get("/me/").status_code == 302
    worker.revoke(row.pk)
    assert iam_client.userinfo(access).status_code == 401
    answer = iam_client.token("portal", grant_type="refresh_token", refresh_token=refresh)
    assert answer.json()["error"] == "invalid_grant"
    assert not Token.objects.filter(pk=row.pk).exists()


def test_an_answer_of_the_iam_counts_once() -> None:
    visitor = Client(HTTP_HOST=PORTAL_URL.removeprefix("http://"))
    to_iam = visitor.post("/accounts/login/")["Location"]
    back = requests.get(to_iam, cookies=iam_client.sign_in("lead").cookies, allow_redirects=False, timeout=10).headers["Location"]
    path = back.removeprefix(PORTAL_URL)
    assert Client(HTTP_HOST=PORTAL_URL.removeprefix("http://")).get(path)["Location"] == "/accounts/failed/"
    assert visitor.get(path)["Location"] == "/me/welcome/"
    assert visitor.get(path)["Location"] == "/accounts/failed/"
