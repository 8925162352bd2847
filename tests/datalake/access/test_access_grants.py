"""Restricted data: nothing is told but what the lake announces, owners let people in and out, and the group in the IAM opens the door."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.access import services as access
from datalake.access import worker
from datalake.access.models import AccessGrant
from datalake.access.restrictions import Restriction, restriction
from devstack import address
from tests.devstack.iam_client import token as iam_token
from vre_portal import access_requests, services
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.groups import membership
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.personal_data import data_export
from vre_portal.services import Service, ServiceKind, service

pytestmark = [pytest.mark.django_db, pytest.mark.integration("iam")]
SCOPE, GROUP = "KM3NET_EMBARGO_SP", "escape/km3net-embargo"
HOME = "/datalake/escape/access/"
State = AccessGrant.State
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


def restricted() -> Restriction:
    found = restriction(service(ServiceKind.RUCIO, "escape"), SCOPE)
    assert found is not None
    return found


def grant(people: dict[str, User], *, by: str = "lead", to: str = "outsider", until: datetime | None = None) -> AccessGrant:
    return access.grant(by=people[by], restriction=restricted(), user=people[to], until=until)


def end(visitor: Client, item: AccessGrant) -> int:
    return visitor.post(f"{HOME}grants/{item.pk}/end/").status_code


def test_the_whole_way_from_granting_to_reading_and_back(signed_in: Visitor, people: dict[str, User]) -> None:
    item = grant(people)
    worker.carry(item.pk)
    item.refresh_from_db()
    assert (item.state, item.entered, in_group("outsider")) == (State.GRANTED, True, True)
    assert "Olga Outsider" in signed_in("lead").get(HOME).content.decode()
    assert end(signed_in("lead"), item) == 302
    worker.carry(item.pk)
    item.refresh_from_db()
    assert (item.state, in_group("outsider")) == (State.ENDED, False)
    assert {"access.granting", "access.ending"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_what_was_granted_until_a_day_ends_by_itself(people: dict[str, User]) -> None:
    item = grant(people, until=timezone.now() + timedelta(hours=1))
    worker.carry(item.pk)
    worker.end_those_over()
    assert item.pk not in worker.memberships.waiting()
    AccessGrant.objects.filter(pk=item.pk).update(until=timezone.now() - timedelta(seconds=1), lease_until=None)
    worker.end_those_over()
    assert item.pk in worker.memberships.waiting()
    worker.carry(item.pk)
    item.refresh_from_db()
    assert (item.state, in_group("outsider")) == (State.ENDED, False)


def test_granting_and_carrying_twice_changes_nothing(people: dict[str, User]) -> None:
    item = grant(people)
    assert grant(people).pk == item.pk
    for _ in range(2):
        worker.carry(item.pk)
    assert grant(people).pk == item.pk
    item.refresh_from_db()
    assert (item.state, item.entered) == (State.GRANTED, True)
    assert AccessGrant.objects.count() == 1


def test_a_membership_that_others_made_is_not_ended(signed_in: Visitor, people: dict[str, User]) -> None:
    membership.add(service(ServiceKind.IAM), GROUP, address.subject("outsider"))
    item = grant(people)
    worker.carry(item.pk)
    assert end(signed_in("outsider"), item) == 302
    worker.carry(item.pk)
    item.refresh_from_db()
    assert (item.state, item.entered, in_group("outsider")) == (State.ENDED, False, True)


def test_who_was_taken_out_of_the_group_elsewhere_may_be_let_in_again(signed_in: Visitor, people: dict[str, User]) -> None:
    item = grant(people)
    worker.carry(item.pk)
    membership.remove(service(ServiceKind.IAM), GROUP, address.subject("outsider"))
    User.objects.filter(pk=people["outsider"].pk).update(groups_seen_at=timezone.now())
    sign_in = Token(user=people["outsider"], service="", issuer=people["outsider"].issuer)
    expires = timezone.now() + timedelta(minutes=30)
    sign_in.fill(Tokens(access="of the sign-in", refresh="", identity="", scope="", expires_at=expires), purpose="test")
    sign_in.save()
    assert "Your access has ended" in signed_in("outsider").get(f"{HOME}scopes/{SCOPE}/").content.decode()
    people["outsider"].refresh_from_db()
    assert grant(people).pk != item.pk
    item.refresh_from_db()
    assert item.state == State.ENDED


@pytest.mark.parametrize(("by", "to"), [("member", "outsider"), ("admin", "outsider"), ("outsider", "outsider"), ("lead", "lead")])
def test_only_another_owner_lets_somebody_in(people: dict[str, User], by: str, to: str) -> None:
    with pytest.raises(access.GrantNotPossible):
        grant(people, by=by, to=to)
    assert not AccessGrant.objects.exists()


def test_who_may_read_already_or_has_no_identity_there_cannot_be_let_in(people: dict[str, User]) -> None:
    User.objects.filter(pk=people["member"].pk).update(groups=["escape", GROUP])
    people["member"].refresh_from_db()
    with pytest.raises(access.GrantNotPossible, match="already has access"):
        grant(people, to="member")
    Identity.objects.filter(user=people["outsider"]).delete()
    with pytest.raises(access.GrantNotPossible, match="needs an identity"):
        grant(people)


def test_access_that_is_just_ending_is_not_taken_for_the_new_one(signed_in: Visitor, people: dict[str, User]) -> None:
    item = grant(people)
    assert end(signed_in("lead"), item) == 302
    with pytest.raises(access.GrantNotPossible, match="ending at the moment"):
        grant(people)


@pytest.mark.parametrize("name", ["member", "newcomer", "admin"])
def test_access_is_between_the_person_and_the_owners(signed_in: Visitor, people: dict[str, User], name: str) -> None:
    item = grant(people)
    assert end(signed_in(name), item) == 404
    for query in ("", "?format=json", "?format=csv"):
        assert "Olga" not in signed_in(name).get(f"{HOME}{query}").content.decode()
    assert signed_in("outsider").get(f"{HOME}?format=json").json()["items"][0]["scope"] == SCOPE
    item.refresh_from_db()
    assert item.state == State.GRANTING


def test_ending_twice_is_one_end(signed_in: Visitor, people: dict[str, User]) -> None:
    item = grant(people)
    outsider = signed_in("outsider")
    assert end(signed_in("lead"), item) == end(outsider, item) == 302
    assert "has ended already, or is ending" in outsider.get(HOME).content.decode()
    assert AuditEntry.objects.filter(action="access.ending").count() == 1


def test_without_a_client_for_groups_an_owner_is_told_what_to_do_by_hand(
    signed_in: Visitor, people: dict[str, User], monkeypatch: Any
) -> None:
    item = grant(people)
    with without(monkeypatch, "groups_client"):
        worker.carry(item.pk)
        page = signed_in("lead").get(HOME).content.decode()
        assert f"Add this person to the group {GROUP}" in page
        User.objects.filter(pk=people["outsider"].pk).update(groups=["escape", GROUP])
        AccessGrant.objects.filter(pk=item.pk).update(lease_until=None)
        worker.carry(item.pk)
    item.refresh_from_db()
    assert (item.state, item.entered) == (State.GRANTED, False)


def test_an_iam_that_is_away_delays_and_loses_nothing(people: dict[str, User], monkeypatch: Any) -> None:
    item = grant(people)

    def moved(one: Service) -> Service:
        away = one.kind is ServiceKind.IAM
        return Service(one.kind, one.name, one.title, "http://127.0.0.1:9/" if away else one.url, one.audience, one.options)

    own = tuple(moved(one) for one in services.services())
    with monkeypatch.context() as patch:
        patch.setattr(services, "_all", lambda: own)
        worker.carry(item.pk)
    item.refresh_from_db()
    assert item.state == State.GRANTING
    assert "cannot be reached" in item.trouble
    AccessGrant.objects.filter(pk=item.pk).update(lease_until=None)
    worker.carry(item.pk)
    item.refresh_from_db()
    assert item.state == State.GRANTED


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
    for path in (f"{HOME}scopes/{'x' * 250}/", "/datalake/nowhere/access/"):
        assert visitor.get(path).status_code == 404
    assert visitor.post(f"{HOME}grants/99999999999999999999/end/").status_code == 404


def test_without_an_application_that_takes_requests_the_scopes_page_names_the_contact(signed_in: Visitor, monkeypatch: Any) -> None:
    monkeypatch.setattr(access_requests, "_desks", [])
    page = signed_in("outsider").get(access_requests.page_for("escape", SCOPE)).content.decode()
    assert "To get access, write to the contact of the data." in page


def test_the_portal_asks_for_no_more_of_the_iam_than_groups() -> None:
    assert iam_token("portal-groups", grant_type="client_credentials", scope="scim:write").status_code == 200
    assert iam_token("iam-sync", grant_type="client_credentials", scope="scim:write").status_code == 400


def test_who_was_let_in_by_the_portal_gives_that_up_before_being_erased(visitor: Visitor, people: dict[str, User]) -> None:
    outsider = visitor("outsider")
    assert data_export.erasure_obstacles(people["outsider"]) == []
    grant(people)
    assert SCOPE in data_export.erasure_obstacles(people["outsider"])[0]
    assert outsider.post("/me/erase/", {"confirmation": "delete my account"}).status_code == 409
