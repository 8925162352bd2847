"""Restricted data: nothing is told but what the lake announces, people ask, owners answer, and the group in the IAM opens the door."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.access import worker
from datalake.access.models import AccessRequest
from devstack import address
from tests.devstack.iam_client import token as iam_token
from vre_portal import services
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.groups import membership
from vre_portal.iam.models import Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.personal_data import data_export
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.django_db, pytest.mark.integration("iam")]
SCOPE, GROUP = "KM3NET_EMBARGO_SP", "escape/km3net-embargo"
HOME = "/datalake/escape/access/"
State = AccessRequest.State
Visitor = Callable[[str], Client]


def in_group(name: str) -> bool:
    """Whether the IAM has the person in the group now."""
    iam = service(ServiceKind.IAM)
    return GROUP in membership._groups_of(iam, membership._token(iam), address.subject(name))


@pytest.fixture(autouse=True)
def _left_as_found() -> Iterator[None]:
    yield
    for name in ("outsider", "member"):
        membership.remove(service(ServiceKind.IAM), GROUP, address.subject(name))


@contextmanager
def without(monkeypatch: pytest.MonkeyPatch, option: str) -> Iterator[None]:
    """The IAM's entry in services.toml as if the option were not there."""

    def bare(item: Service) -> Service:
        options = {key: value for key, value in item.options.items() if key != option}
        return Service(item.kind, item.name, item.title, item.url, item.audience, options)

    own = tuple(bare(item) for item in services.services())
    with monkeypatch.context() as patch:
        patch.setattr(services, "_all", lambda: own)
        yield


def ask(visitor: Client, reason: str = "A follow-up of the flare") -> AccessRequest:
    reply = visitor.post(f"{HOME}scopes/{SCOPE}/", {"reason": reason})
    assert reply.status_code == 302, reply.content
    return AccessRequest.objects.latest("pk")


def answer(visitor: Client, request: AccessRequest, **form: str) -> Any:
    return visitor.post(f"{HOME}requests/{request.pk}/", {"answer": "Welcome", "decision": "grant", **form})


def test_the_whole_way_from_asking_to_reading_and_back(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    assert "Requests waiting for your answer" in signed_in("lead").get(HOME).content.decode()
    assert answer(signed_in("lead"), request).status_code == 302
    worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, request.entered, in_group("outsider")) == (State.GRANTED, True, True)
    assert signed_in("lead").post(f"{HOME}requests/{request.pk}/end/").status_code == 302
    worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, in_group("outsider")) == (State.ENDED, False)
    assert {"access.ask", "access.granting", "access.ending"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_what_was_granted_until_a_day_ends_by_itself(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    today = timezone.now().date()
    assert answer(signed_in("lead"), request, until=str(today)).status_code == 302
    worker.carry(request.pk)
    worker.end_those_over()
    assert request.pk not in worker.memberships.waiting()
    AccessRequest.objects.filter(pk=request.pk).update(until=timezone.now() - timedelta(seconds=1), lease_until=None)
    worker.end_those_over()
    assert request.pk in worker.memberships.waiting()
    worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, in_group("outsider")) == (State.ENDED, False)


def test_carrying_twice_changes_nothing(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)
    for _ in range(2):
        worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, request.entered) == (State.GRANTED, True)


def test_a_membership_that_others_made_is_not_ended(signed_in: Visitor) -> None:
    membership.add(service(ServiceKind.IAM), GROUP, address.subject("outsider"))
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)
    worker.carry(request.pk)
    signed_in("outsider").post(f"{HOME}requests/{request.pk}/withdraw/")
    worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, request.entered, in_group("outsider")) == (State.ENDED, False, True)


def test_who_was_taken_out_of_the_group_elsewhere_may_ask_again(signed_in: Visitor, people: dict[str, User]) -> None:
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)
    worker.carry(request.pk)
    membership.remove(service(ServiceKind.IAM), GROUP, address.subject("outsider"))
    User.objects.filter(pk=people["outsider"].pk).update(groups_seen_at=timezone.now())
    sign_in = Token(user=people["outsider"], service="", issuer=people["outsider"].issuer)
    end = timezone.now() + timedelta(minutes=30)
    sign_in.fill(Tokens(access="of the sign-in", refresh="", identity="", scope="", expires_at=end), purpose="test")
    sign_in.save()
    assert "Your access has ended" in signed_in("outsider").get(f"{HOME}scopes/{SCOPE}/").content.decode()
    assert ask(signed_in("outsider")).pk != request.pk
    request.refresh_from_db()
    assert request.state == State.ENDED


def test_declining_needs_a_word_and_keeps_the_door_shut(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    refused = answer(signed_in("lead"), request, decision="decline", answer="")
    assert refused.status_code == 422
    assert "A message is required to decline. Say why" in refused.content.decode()
    answer(signed_in("lead"), request, decision="decline", answer="Not before the paper")
    page = signed_in("outsider").get(f"{HOME}requests/{request.pk}/").content.decode()
    assert "Not before the paper" in page
    assert not in_group("outsider")
    assert ask(signed_in("outsider")).pk != request.pk  # one may ask again


def test_asking_twice_is_one_request(signed_in: Visitor) -> None:
    assert ask(signed_in("outsider")).pk == ask(signed_in("outsider")).pk
    assert AccessRequest.objects.count() == 1


def test_who_may_read_already_has_nothing_to_ask(signed_in: Visitor) -> None:
    reply = signed_in("lead").post(f"{HOME}scopes/{SCOPE}/", {"reason": "me too"})
    assert reply.status_code == 422
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("name", ["member", "newcomer", "admin"])
def test_requests_are_between_the_person_and_the_owners(signed_in: Visitor, name: str) -> None:
    request = ask(signed_in("outsider"), reason="a secret plan")
    page = f"{HOME}requests/{request.pk}/"
    other = signed_in(name)
    for reply in (other.get(page), other.post(f"{page}end/"), other.post(f"{page}withdraw/"), answer(other, request)):
        assert reply.status_code == 404
    assert "a secret plan" not in other.get(f"{HOME}?format=json").content.decode()
    request.refresh_from_db()
    assert request.state == State.ASKED


def test_nobody_answers_their_own_request_or_ends_what_is_not_theirs(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    assert answer(signed_in("outsider"), request).status_code == 404
    assert signed_in("outsider").post(f"{HOME}requests/{request.pk}/end/").status_code == 404
    assert signed_in("lead").post(f"{HOME}requests/{request.pk}/withdraw/").status_code == 404


def test_two_owners_at_once_give_one_answer(signed_in: Visitor) -> None:
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)
    late = answer(signed_in("lead"), request, decision="decline", answer="no")
    assert late.status_code == 422
    assert "This request has changed in the meantime" in late.content.decode()


def test_without_a_client_for_groups_an_owner_is_told_what_to_do_by_hand(
    signed_in: Visitor, people: dict[str, User], monkeypatch: Any
) -> None:
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)
    with without(monkeypatch, "groups_client"):
        worker.carry(request.pk)
        page = signed_in("lead").get(f"{HOME}requests/{request.pk}/").content.decode()
        assert f"Add this person to the group {GROUP}" in page
        User.objects.filter(pk=people["outsider"].pk).update(groups=["escape", GROUP])
        AccessRequest.objects.filter(pk=request.pk).update(lease_until=None)
        worker.carry(request.pk)
    request.refresh_from_db()
    assert (request.state, request.entered) == (State.GRANTED, False)


def test_an_iam_that_is_away_delays_and_loses_nothing(signed_in: Visitor, monkeypatch: Any) -> None:
    request = ask(signed_in("outsider"))
    answer(signed_in("lead"), request)

    def moved(item: Service) -> Service:
        away = item.kind is ServiceKind.IAM
        return Service(item.kind, item.name, item.title, "http://127.0.0.1:9/" if away else item.url, item.audience, item.options)

    own = tuple(moved(item) for item in services.services())
    with monkeypatch.context() as patch:
        patch.setattr(services, "_all", lambda: own)
        worker.carry(request.pk)
    request.refresh_from_db()
    assert request.state == State.GRANTING
    assert "cannot be reached" in request.trouble
    AccessRequest.objects.filter(pk=request.pk).update(lease_until=None)
    worker.carry(request.pk)
    request.refresh_from_db()
    assert request.state == State.GRANTED


def test_a_strangers_page_of_a_restricted_did_is_the_same_whether_it_exists_or_not(signed_in: Visitor) -> None:
    pages = [
        signed_in("outsider").get(f"/datalake/escape/did/{SCOPE}/{name}") for name in ("Candidates.Mrk421.simulated", "nothing.at.all")
    ]
    assert [page.status_code for page in pages] == [403, 403]
    assert "Request access" in pages[0].content.decode()
    assert "Mrk421" not in pages[0].content.decode().replace(pages[0].request["PATH_INFO"], "")


def test_odd_numbers_and_names_are_no_500(signed_in: Visitor) -> None:
    visitor = signed_in("outsider")
    for path in (f"{HOME}?before=9{'9' * 40}", f"{HOME}?before=%C2%B2", f"{HOME}?format=csv&before=x"):
        assert visitor.get(path).status_code == 200
    for path in (f"{HOME}requests/99999999999999999999/", f"{HOME}scopes/{'x' * 250}/", "/datalake/nowhere/access/"):
        assert visitor.get(path).status_code == 404
    assert visitor.post(f"{HOME}scopes/{SCOPE}/", {"reason": "  "}).status_code == 422
    assert visitor.post(f"{HOME}scopes/{SCOPE}/", {"reason": "x" * 5000}).status_code == 422


def test_the_portal_asks_for_no_more_of_the_iam_than_groups() -> None:
    assert iam_token("portal-groups", grant_type="client_credentials", scope="scim:write").status_code == 200
    assert iam_token("iam-sync", grant_type="client_credentials", scope="scim:write").status_code == 400


def test_who_was_let_in_by_the_portal_gives_that_up_before_being_erased(visitor: Visitor, people: dict[str, User]) -> None:
    outsider = visitor("outsider")
    asked = ask(outsider)
    assert data_export.erasure_obstacles(people["outsider"]) == []
    AccessRequest.objects.filter(pk=asked.pk).update(state=State.GRANTED)
    assert SCOPE in data_export.erasure_obstacles(people["outsider"])[0]
    assert outsider.post("/me/erase/", {"confirmation": "delete my account"}).status_code == 409
