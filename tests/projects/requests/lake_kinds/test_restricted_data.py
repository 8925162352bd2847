"""Requests for restricted data: the owners of the scope decide, nobody else learns of them, and approving gives access exactly once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake.access.models import AccessGrant
from projects.requests import services
from projects.requests.kinds import kind_of
from projects.requests.lake_kinds import restricted_data
from projects.requests.lake_kinds.redirects import former_key
from projects.requests.models import Request
from projects.requests.permissions import can_answer, can_read
from vre_portal import access_requests, attention
from vre_portal import services as registry
from vre_portal.iam.models import Identity, User

pytestmark = pytest.mark.django_db
SCOPE = "KM3NET_EMBARGO_SP"
DATA = {"lake": "escape", "scope": SCOPE}
KIND = restricted_data.RESTRICTED_DATA
State = Request.State
People = dict[str, User]


def ask(people: People, name: str = "outsider", text: str = "A follow-up of the flare") -> Request:
    return services.open_request(by=people[name], kind=KIND, values=DATA, text=text, key=uuid.uuid4())


def form(user: User, **values: str) -> restricted_data.RestrictedDataForm:
    return restricted_data.RestrictedDataForm({**DATA, **values}, user=user)


def test_approving_gives_access_until_the_end_of_the_day(people: People) -> None:
    item = ask(people)
    assert item.title == "Access to Candidate neutrinos before publication (simulated)"
    day = (timezone.now() + timedelta(days=3)).date()
    services.approve(by=people["lead"], request=item, text="Welcome", decision={"until": day.isoformat()})
    grant = AccessGrant.objects.get()
    assert (grant.user, grant.granted_by, grant.scope, grant.state) == (people["outsider"], people["lead"], SCOPE, "granting")
    assert grant.until is not None
    assert grant.until.isoformat() == f"{(day + timedelta(days=1)).isoformat()}T00:00:00+00:00"
    item.refresh_from_db()
    assert item.state == State.GRANTED
    assert item.result["url"] == f"/datalake/escape/access/scopes/{SCOPE}/"


def test_approving_twice_is_one_grant(people: People) -> None:
    item = ask(people)
    for _ in range(2):
        services.approve(by=people["lead"], request=item)
    assert AccessGrant.objects.count() == 1


def test_declining_keeps_the_door_shut_and_one_may_ask_again(people: People) -> None:
    item = ask(people)
    services.decline(by=people["lead"], request=item, text="Not before the paper")
    assert not AccessGrant.objects.exists()
    assert ask(people).pk != item.pk


def test_asking_twice_is_one_request(people: People) -> None:
    assert ask(people).pk == ask(people).pk
    assert access_requests.open_page(people["outsider"], "escape", SCOPE) == ask(people).get_absolute_url()
    assert access_requests.open_page(people["member"], "escape", SCOPE) == ""


@pytest.mark.parametrize("name", ["member", "newcomer", "admin", "physicist"])
def test_a_request_is_between_the_person_and_the_owners(people: People, name: str) -> None:
    item = ask(people)
    assert not can_read(people[name], item)
    assert not can_answer(people[name], item)
    with pytest.raises(services.RequestRefused):
        services.approve(by=people[name], request=item)
    assert not AccessGrant.objects.exists()
    assert not list(attention.items(people[name]))


def test_owners_answer_and_nobody_answers_their_own(people: People) -> None:
    item = ask(people)
    assert can_answer(people["lead"], item)
    assert [person.pk for person in KIND.approvers.people(item)] == [people["lead"].pk]
    assert not can_answer(people["outsider"], item)


def test_an_owner_who_left_the_group_does_not_decide(people: People) -> None:
    item = ask(people)
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape"])
    with pytest.raises(services.RequestRefused):
        services.approve(by=people["lead"], request=item)
    assert not AccessGrant.objects.exists()


@pytest.mark.parametrize("scope", ["", "NO_SUCH_SP", "KM3NET_ECAP_SP", "x" * 300, "<b>", "KM3NET_EMBARGO_SP/../x"])
def test_a_scope_that_is_not_announced_is_no_choice_whether_it_exists_or_not(people: People, scope: str) -> None:
    checked = form(people["outsider"], scope=scope)
    assert not checked.is_valid()
    hidden = [item.scope for item in restricted_data.announced()]
    assert hidden == [SCOPE]


def test_a_scope_without_an_entry_answers_like_one_that_is_not_there(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options["restricted_scopes"], "SECRET_SP", ["escape/leads"])  # type: ignore[arg-type]
    secret, absent = (form(people["outsider"], scope=scope) for scope in ("SECRET_SP", "ABSENT_SP"))
    errors = [str(item.errors).replace("SECRET_SP", "x").replace("ABSENT_SP", "x") for item in (secret, absent)]
    assert errors[0] == errors[1]


def test_who_has_access_or_no_identity_there_cannot_ask(people: People) -> None:
    assert form(people["outsider"]).is_valid()
    assert not form(people["lead"]).is_valid()
    assert "already have access" in KIND.may_open(people["lead"], None)
    Identity.objects.filter(user=people["outsider"]).delete()
    assert "Link it to your account" in str(form(people["outsider"]).errors)


def test_a_day_that_has_passed_is_refused_and_nothing_is_kept(people: People) -> None:
    item = ask(people)
    yesterday = (timezone.now() - timedelta(days=2)).date().isoformat()
    assert not restricted_data.AccessDecisionForm({"until": yesterday}, user=people["lead"]).is_valid()
    with pytest.raises(services.RequestRefused, match="in the past"):
        services.approve(by=people["lead"], request=item, decision={"until": yesterday})
    item.refresh_from_db()
    assert (item.state, AccessGrant.objects.count()) == (State.OPEN, 0)


def test_a_scope_that_is_no_longer_configured_is_refused_in_words(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    item = ask(people)
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options, "access", [])  # type: ignore[arg-type]
    assert not can_answer(people["lead"], item)
    assert KIND.form.describe(item.values)
    assert "no restricted data" in KIND.may_open(people["outsider"], None)


@pytest.mark.parametrize("values", [{}, {"lake": 7, "scope": []}, {"lake": None}, [], "x", {"lake": "nowhere", "scope": "s"}])
def test_odd_stored_values_can_be_read(people: People, values: Any) -> None:
    item = ask(people)
    Request.objects.filter(pk=item.pk).update(values=values)
    item.refresh_from_db()
    assert isinstance(kind_of(item.kind).form.describe(item.values), list)


def test_a_former_address_leads_to_the_request_for_those_who_may_read_it(people: People, signed_in: Any) -> None:
    item = ask(people)
    Request.objects.filter(pk=item.pk).update(key=former_key(41))
    for name, status in (("outsider", 302), ("lead", 302), ("member", 404), ("admin", 404)):
        assert signed_in(name).get("/datalake/escape/access/requests/41/").status_code == status
    assert signed_in("outsider").get("/datalake/elsewhere/access/requests/41/").status_code == 404
    assert signed_in("outsider").get("/datalake/escape/access/requests/42/").status_code == 404
