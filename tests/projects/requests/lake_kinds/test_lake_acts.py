"""Approved requests about quota, scopes and copies are carried out at the real Rucio, with the approver's rights and only once."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datalake import rucio
from projects.requests import handling, services, worker
from projects.requests.kinds import RequestKind
from projects.requests.lake_kinds.account_limit import ACCOUNT_LIMIT, AccountLimitForm, LimitDecisionForm
from projects.requests.lake_kinds.new_scope import NEW_SCOPE, NewScopeForm
from projects.requests.lake_kinds.place_for_data import PLACE_FOR_DATA, PlaceForDataForm
from projects.requests.models import Request, RequestAct
from projects.requests.permissions import can_answer
from tests.datalake.test_rucio import KM3NET, LAKE
from tests.devstack.rucio_client import rucio as ask_rucio
from tests.devstack.rucio_client import token, upload
from tests.factories import make_stranger
from vre_portal import services as registry
from vre_portal.iam.models import Identity, Token, User
from vre_portal.iam.oidc.tokens import Tokens

pytestmark = [pytest.mark.django_db, pytest.mark.integration("rucio", "storage", "iam")]
RSE, GB = "DEMO-BOLOGNA", 10**9
State = Request.State
People = dict[str, User]


@pytest.fixture(autouse=True)
def _limits_as_before() -> Iterator[None]:
    before = limit()
    yield
    ask_rucio("admin", "POST", f"/accountlimits/local/outsider/{RSE}", json={"bytes": before})


@pytest.fixture
def tokens(people: People) -> Callable[..., None]:
    """Lets the portal act for somebody at the lake."""

    def give(*names: str) -> None:
        for name in names:
            row = Token(user=people[name], service="rucio/escape")
            end = timezone.now() + timedelta(minutes=30)
            row.fill(Tokens(access=token(name), refresh="", identity="", scope="", expires_at=end), purpose="test")
            row.save()

    return give


def limit(account: str = "outsider") -> int:
    return int(ask_rucio("admin", "GET", f"/accounts/{account}/limits/local").json()[RSE])


def approved(people: People, kind: RequestKind, *, by: str = "admin", decision: dict[str, Any] | None = None, **values: Any) -> Request:
    """A request of the outsider's, approved and carried out as far as that goes."""
    item = services.open_request(by=people["outsider"], kind=kind, values={"lake": "escape", **values}, text="Why", key=uuid.uuid4())
    services.approve(by=people[by], request=item, decision=decision)
    return carried(item)


def carried(item: Request) -> Request:
    RequestAct.objects.filter(request=item).update(lease_until=None)
    worker.act(RequestAct.objects.get(request=item).pk)
    item.refresh_from_db()
    return item


def test_a_limit_is_raised_with_the_approvers_rights_and_once(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    wanted = limit() + 3 * GB
    item = approved(people, ACCOUNT_LIMIT, rse=RSE, bytes=wanted)
    assert (item.state, limit()) == (State.GRANTED, wanted)
    assert item.result["text"].startswith("The limit at DEMO-BOLOGNA is ")
    ask_rucio("admin", "POST", f"/accountlimits/local/outsider/{RSE}", json={"bytes": wanted + GB})
    RequestAct.objects.filter(request=item).update(state="waiting")  # the worker died before it could say that it was done
    Request.objects.filter(pk=item.pk).update(state=State.ACTING)
    assert carried(item).state == State.GRANTED
    assert limit() == wanted + GB


def test_an_approver_can_grant_less(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    wanted = limit() + GB
    assert approved(people, ACCOUNT_LIMIT, rse=RSE, bytes=10**15, decision={"bytes": wanted}).state == State.GRANTED
    assert limit() == wanted


def test_an_approver_whom_rucio_refuses_is_told_so_and_what_to_do_by_hand(people: People, tokens: Callable[..., None]) -> None:
    User.objects.filter(pk=people["member"].pk).update(groups=["escape", "escape/admins"])  # at the portal, and not in Rucio
    people["member"].refresh_from_db()
    tokens("member")
    before = limit()
    item = approved(people, ACCOUNT_LIMIT, by="member", rse=RSE, bytes=10**15)
    assert (item.state, limit()) == (State.ACT_FAILED, before)
    assert "does not have permission" in item.act.problem
    steps = ACCOUNT_LIMIT.instructions(item)
    assert f"rucio account limit set ACCOUNT --rse {RSE} --bytes 1000000000000000" in steps
    assert Identity.objects.get(user=people["outsider"]).subject in steps


def test_an_approver_without_a_sign_in_delays_and_loses_nothing(people: People, tokens: Callable[..., None]) -> None:
    before = limit()
    item = approved(people, ACCOUNT_LIMIT, rse=RSE, bytes=before + GB)
    assert (item.state, item.needs_hand, limit()) == (State.APPROVED, True, before)
    tokens("admin")
    assert carried(item).state == State.GRANTED
    assert limit() == before + GB


def test_somebody_without_an_account_gets_no_limit(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    people["newcomer"].groups = ["escape"]  # of a group whose members get an account, and Rucio has made none yet
    item = services.open_request(
        by=people["newcomer"], kind=ACCOUNT_LIMIT, values={"lake": "escape", "rse": RSE, "bytes": GB}, text="Why", key=uuid.uuid4()
    )
    services.approve(by=people["admin"], request=item)
    assert carried(item).state == State.ACT_FAILED
    assert "has no account" in item.act.problem


@pytest.mark.parametrize("values", [[], "x", {"lake": "escape"}, {"lake": "nowhere"}, {"lake": "escape", "rse": RSE, "bytes": True}])
@pytest.mark.parametrize("kind", [ACCOUNT_LIMIT, NEW_SCOPE, PLACE_FOR_DATA])
def test_odd_stored_values_end_in_words(people: People, tokens: Callable[..., None], kind: RequestKind, values: Any) -> None:
    tokens("admin")
    good = {"rse": RSE, "bytes": GB, "scope": "A", "did": "a:b"}
    item = services.open_request(by=people["outsider"], kind=kind, values={"lake": "escape", **good}, text="Why", key=uuid.uuid4())
    services.approve(by=people["admin"], request=item)
    Request.objects.filter(pk=item.pk).update(values=values)
    item = carried(Request.objects.get(pk=item.pk))
    assert item.state in (State.ACT_FAILED, State.ACTING)
    assert "internal error" not in RequestAct.objects.get(request=item).problem
    assert kind.instructions(item)


def test_a_scope_is_made_for_the_requesters_account(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    scope = f"TEST_{uuid.uuid4().hex[:8]}_SP"
    assert approved(people, NEW_SCOPE, scope=scope).state == State.GRANTED
    owners = {item.name: item.account for item in rucio.list_scopes(LAKE, token("admin"))}
    assert owners[scope] == "outsider"
    assert approved(people, NEW_SCOPE, scope=KM3NET).state == State.ACT_FAILED


def test_a_copy_beyond_the_quota_is_a_rule_of_the_requesters(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    file = upload("member", KM3NET, b"wanted elsewhere")
    item = approved(people, PLACE_FOR_DATA, did=f"{KM3NET}:{file}", rse=RSE, copies=1, days=2)
    assert item.state == State.GRANTED
    (rule,) = rucio.list_rules(LAKE, token("outsider"), KM3NET, file)
    assert (rule.account, rule.rse_expression) == ("outsider", RSE)
    assert rule.state in ("REPLICATING", "OK", "INJECT", "STUCK")
    RequestAct.objects.filter(request=item).update(state="waiting")
    Request.objects.filter(pk=item.pk).update(state=State.ACTING)
    assert carried(item).state == State.GRANTED
    assert len(rucio.list_rules(LAKE, token("outsider"), KM3NET, file)) == 1


def test_restricted_data_are_not_copied_by_request(people: People, tokens: Callable[..., None]) -> None:
    tokens("admin")
    item = approved(people, PLACE_FOR_DATA, did="KM3NET_EMBARGO_SP:Candidates.Mrk421.simulated", rse=RSE, copies=1)
    assert item.state == State.ACT_FAILED
    assert "Data not found" in item.act.problem


def test_a_failure_can_be_tried_again_by_somebody_with_the_rights(people: People, tokens: Callable[..., None]) -> None:
    User.objects.filter(pk=people["member"].pk).update(groups=["escape", "escape/admins"])
    people["member"].refresh_from_db()
    tokens("member", "admin")
    wanted = limit() + GB
    item = approved(people, ACCOUNT_LIMIT, by="member", rse=RSE, bytes=wanted)
    assert item.state == State.ACT_FAILED
    handling.retry(by=people["admin"], request=item)
    assert carried(item).state == State.GRANTED
    assert limit() == wanted


@pytest.mark.parametrize(("name", "may"), [("admin", True), ("lead", False), ("member", False), ("outsider", False)])
def test_only_the_lakes_administrators_decide(people: People, name: str, may: bool) -> None:
    values = {"lake": "escape", "rse": RSE, "bytes": GB}
    item = services.open_request(by=people["outsider"], kind=ACCOUNT_LIMIT, values=values, text="Why", key=uuid.uuid4())
    assert can_answer(people[name], item) is may


def test_staff_decide_only_where_a_lake_names_no_administrators(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"lake": "escape", "rse": RSE, "bytes": GB}
    item = services.open_request(by=people["outsider"], kind=ACCOUNT_LIMIT, values=values, text="Why", key=uuid.uuid4())
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options, "administrators", ["escape/others"])  # type: ignore[arg-type]
    assert can_answer(people["admin"], item), "nobody is in the group, and nobody shall wait in the dark"
    make_stranger("other", groups=["escape/others"])
    assert not can_answer(people["admin"], item)
    monkeypatch.setitem(lake.options, "administrators", [])  # type: ignore[arg-type]
    assert can_answer(people["admin"], item)


@pytest.mark.parametrize(
    ("text", "value"),
    [("500 GB", 500 * GB), ("2 TB", 2000 * GB), ("50000000000", 50 * GB), ("1.5 GB", 1_500_000_000), ("0", None), ("-1", None), ("x", None),
     ("1 parsec", None), ("9" * 30, None), ("", None)],
)  # fmt: skip
def test_amounts_have_units(people: People, text: str, value: int | None) -> None:
    form = AccountLimitForm({"lake": "escape", "rse": RSE, "bytes": text}, user=people["outsider"])
    assert form.is_valid() is (value is not None)
    if value:
        assert form.values()["bytes"] == value


def test_a_link_of_another_page_fills_the_form_in(people: People) -> None:
    form = AccountLimitForm(user=people["outsider"], initial={"lake": "escape", "rse": RSE, "bytes": "50000000000"})
    assert form["bytes"].value() == "50 GB"
    assert ("Total limit", "50.0 GB") in AccountLimitForm.describe({"lake": "escape", "rse": RSE, "bytes": 50 * GB})


@pytest.mark.parametrize("count", [1, 999, 50 * GB, 2_300 * GB, 12_345_678_901, 10**18 - 1, 7 * 10**15])
def test_an_amount_that_a_form_shows_comes_back_to_the_byte(people: People, count: int) -> None:
    shown = LimitDecisionForm(user=people["admin"], initial={"bytes": count})["bytes"].value()
    sent = LimitDecisionForm({"bytes": shown}, user=people["admin"])
    assert sent.is_valid()
    assert sent.values() == {"bytes": count}


@pytest.mark.parametrize("rse", ["", "`x`", "a\nb; rm -rf /", "x" * 300, "<script>", "DEMO\x00", "$(id)"])
def test_what_is_no_rse_expression_is_refused(people: People, rse: str) -> None:
    form = AccountLimitForm({"lake": "escape", "rse": rse, "bytes": "1 GB"}, user=people["outsider"])
    assert not form.is_valid() or set(form.values()["rse"]).isdisjoint("`\n;$")


@pytest.mark.parametrize("scope", ["x" * 26, "a b", "user.me", "../x", "é", "", "-x"])
def test_what_rucio_takes_for_no_scope_is_refused_also_where_it_is_wanted_as_it_is(people: People, scope: str) -> None:
    assert not NewScopeForm({"lake": "escape", "scope": scope, "as_is": "on"}, user=people["outsider"]).is_valid()


def test_a_scope_follows_the_naming_conventions_or_is_wanted_as_it_is(people: People) -> None:
    good, other = (NewScopeForm({"lake": "escape", "scope": name}, user=people["outsider"]) for name in ("KM3NET_ECAP_SP", "Km3net_ECAP"))
    assert good.is_valid()
    assert not other.is_valid()
    assert "or use it anyway" in str(other.errors["scope"])
    wanted = NewScopeForm({"lake": "escape", "scope": "Km3net_ECAP", "as_is": "on"}, user=people["outsider"])
    assert wanted.is_valid()
    assert wanted.values() == {"lake": "escape", "scope": "Km3net_ECAP"}


def test_restricted_data_are_named_to_nobody_by_the_form_and_a_hidden_scope_is_like_any_other(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = registry.service(registry.ServiceKind.RUCIO, "escape")
    monkeypatch.setitem(lake.options["restricted_scopes"], "SECRET_SP", ["escape/leads"])  # type: ignore[arg-type]

    def is_good(name: str, did: str) -> bool:
        return PlaceForDataForm({"lake": "escape", "did": did, "rse": RSE, "copies": "1"}, user=people[name]).is_valid()

    assert is_good("outsider", "KM3NET_ECAP_SP:aeff.fits")
    assert not is_good("outsider", "KM3NET_EMBARGO_SP:x")  # announced
    assert is_good("outsider", "SECRET_SP:x")  # like one that does not exist: carrying it out says "Data not found"
    assert not is_good("lead", "SECRET_SP:x")  # who may see it would tell others its names
    assert not is_good("outsider", "no-colon")
    assert not is_good("outsider", ":x")
