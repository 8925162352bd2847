"""Each use of a token is there for its owner to see: what for, which service, by which page or task, and what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.reads.reader import LakeReader
from datalake.rucio import dids
from tests.iam.issuer import Issuer
from vre_portal import token_use_context
from vre_portal.audit import uses
from vre_portal.audit.models import AuditEntry, Use
from vre_portal.audit.tasks import forget
from vre_portal.http import RemoteUnavailable, request
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
People = Callable[..., User]


def of(user: User) -> list[Any]:
    return list(Use.objects.filter(person=user.handle).order_by("pk").values_list("service", "purpose", "place", "outcome", "times"))


def test_a_use_is_noted_with_its_task_and_counted_within_ten_minutes(rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    token_use_context.start("task workflows.submit")
    for _ in range(3):
        vault.access_token(ada, rucio, purpose="inputs of vre-1")
    vault.access_token(ada, rucio, purpose="inputs of vre-2")
    token_use_context.finish()
    assert of(ada) == [
        ("rucio/lake", "inputs of vre-1", "task workflows.submit", "given", 3),
        ("rucio/lake", "inputs of vre-2", "task workflows.submit", "given", 1),
    ]


def test_a_token_that_could_not_be_had_is_noted_too(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada, eve = with_tokens(), with_tokens("eve")
    vault.retire(eve)
    with pytest.raises(vault.SignInAgain):
        vault.access_token(eve, rucio, purpose="listing")
    issuer.stop()
    with pytest.raises(RemoteUnavailable):
        vault.access_token(ada, rucio, purpose="listing")
    assert [row[3] for row in of(ada)] == ["unavailable"]
    assert [row[3] for row in of(eve)] == ["refused"]


def test_what_the_service_answered_is_noted_when_the_page_is_over(
    issuer: Issuer, iam: Service, rucio: Service, with_tokens: People
) -> None:
    ada = with_tokens()
    token_use_context.start("GET /somewhere/")
    token = vault.access_token(ada, iam, purpose="asking")
    request(iam, "GET", "userinfo", token=token)
    issuer.revoked.append(token)
    request(iam, "GET", "userinfo", token=token)
    request(iam, "GET", "jwk")  # without a token: not in anybody's name
    issuer.revoked.clear()
    token = vault.access_token(ada, rucio, purpose="listing")
    with pytest.raises(RemoteUnavailable):
        request(rucio, "GET", "/", token=token)
    uses.settle()
    asked, listed = Use.objects.filter(person=ada.handle).order_by("pk")
    assert (asked.calls, asked.failed, asked.answer) == (2, 1, 401)
    assert (listed.calls, listed.failed, listed.answer) == (1, 1, 0)


def test_what_the_lake_answered_is_noted_though_its_token_travels_in_a_header_of_its_own(rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    token_use_context.start("GET /datalake/lake/")
    asked = LakeReader(ada, rucio, purpose="listing").fetch(dids.list_scopes)
    assert isinstance(asked.result.error, RemoteUnavailable)
    uses.settle()
    listed = Use.objects.get(person=ada.handle)
    assert (listed.calls, listed.failed, listed.answer) == (1, 1, 0)


def test_a_token_in_a_parameter_as_reana_0_9_wants_it_is_noted_too(rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    token_use_context.start("task workflows.submit")
    token = vault.access_token(ada, rucio, purpose="listing")
    with pytest.raises(RemoteUnavailable):
        request(rucio, "GET", "/", params={"access_token": token})
    uses.settle()
    assert Use.objects.get(person=ada.handle).calls == 1


def test_a_new_token_is_in_the_record(rucio: Service, with_tokens: People) -> None:
    ada = with_tokens()
    for _ in range(2):
        vault.access_token(ada, rucio, purpose="listing")
    assert list(AuditEntry.objects.values_list("action", "subject", "actor")) == [("token.issue", "service/rucio/lake", ada.handle)]


def test_people_see_their_own_uses_page_by_page_and_nobody_elses(
    signed_in: Callable[..., Client], people: dict[str, User], rucio: Service
) -> None:
    for turn in range(120):
        uses.note(people["member"], rucio, purpose=f"turn {turn}")
    uses.note(people["lead"], rucio, purpose="<b>another's</b>")
    address, found = "/me/activity/?format=json&service=rucio/lake", []
    while address:
        reply = signed_in("member").get(address).json()
        found += [item["purpose"] for item in reply["items"]]
        address = reply["next"]
    assert found == [f"turn {turn}" for turn in reversed(range(120))]
    assert "another" not in signed_in("member").get("/me/activity/").content.decode()
    assert "&lt;b&gt;another" in signed_in("lead").get("/me/activity/").content.decode()


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=99999999999999999999999", "before=²", "service=" + "x" * 500])
def test_odd_pages_are_no_error(signed_in: Callable[..., Client], query: str) -> None:
    assert signed_in("member").get(f"/me/activity/?{query}").status_code == 200


def test_a_nul_in_the_address_is_refused(signed_in: Callable[..., Client]) -> None:
    assert signed_in("member").get("/me/activity/?service=%00").status_code == 400


def test_old_uses_are_forgotten(people: dict[str, User], rucio: Service, settings: Any) -> None:
    settings.TOKEN_USE_DAYS = 30
    uses.note(people["member"], rucio, purpose="new")
    uses.note(people["member"], rucio, purpose="old")
    Use.objects.filter(purpose="old").update(last_at=timezone.now() - timedelta(days=31))
    forget()
    assert [row[1] for row in of(people["member"])] == ["new"]


def test_signing_in_and_out_is_in_the_record(issuer: Issuer, visitor: Client) -> None:
    answer = issuer.authorize(visitor.post("/accounts/login/")["Location"], issuer.person("ada"))
    visitor.get("/accounts/oidc/iam/login/callback/", answer)
    visitor.post("/accounts/logout/")
    ada = User.objects.get()
    found = AuditEntry.objects.filter(action__startswith="sign-").order_by("number")
    assert list(found.values_list("action", "actor", "outcome")) == [("sign-in", ada.handle, "ok"), ("sign-out", ada.handle, "ok")]
