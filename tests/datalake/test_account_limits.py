"""Limits, scopes and rules that an administrator of the lake makes for others, at the real Rucio."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from datalake import rucio
from datalake.rucio import account_limits
from devstack import address
from tests.datalake.test_rucio import KM3NET, LAKE
from tests.devstack.rucio_client import rucio as ask
from tests.devstack.rucio_client import token, upload
from vre_portal.http import RemoteRefused

pytestmark = pytest.mark.integration("rucio", "storage", "iam")
RSE, EXPRESSION, GB = "DEMO-BOLOGNA", "DEMO-ANNECY|DEMO-BOLOGNA", 10**9


@pytest.fixture(autouse=True)
def _limits_as_before() -> Iterator[None]:
    before = ask("admin", "GET", "/accounts/outsider/limits/local").json()[RSE]
    yield
    ask("admin", "DELETE", f"/accountlimits/global/outsider/{quote(EXPRESSION, safe='')}")
    ask("admin", "POST", f"/accountlimits/local/outsider/{RSE}", json={"bytes": before})


def limits(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = ask("outsider", "GET", f"/accounts/outsider/limits/{kind}").json()
    return found


def test_somebody_is_found_by_what_the_iam_calls_them() -> None:
    known = [("https://elsewhere.example/", "x"), (address.IAM_ISSUER, address.subject("outsider"))]
    assert rucio.find_accounts(LAKE, token("admin"), known) == ["outsider"]
    assert rucio.find_accounts(LAKE, token("admin"), [(address.IAM_ISSUER, address.subject("newcomer"))]) == []
    assert rucio.find_accounts(LAKE, token("admin"), [(address.IAM_ISSUER, "a&b=c/../%00 ?#")]) == []


def test_an_administrator_raises_a_limit_and_raising_it_again_changes_nothing() -> None:
    wanted = limits("local")[RSE] + 7 * GB
    first, second = (rucio.raise_account_limit(LAKE, token("admin"), "outsider", RSE, wanted) for _ in range(2))
    assert (first.after, first.is_changed, first.is_global) == (wanted, True, False)
    assert (second.before, second.is_changed) == (wanted, False)
    assert limits("local")[RSE] == wanted
    rucio.raise_account_limit(LAKE, token("admin"), "outsider", RSE, 1 * GB)  # a late repetition of a smaller one
    assert limits("local")[RSE] == wanted


def test_a_limit_over_several_storage_elements_is_a_global_one() -> None:
    changes = [rucio.raise_account_limit(LAKE, token("admin"), "outsider", EXPRESSION, 30 * GB) for _ in range(2)]
    assert [(item.is_global, item.is_changed) for item in changes] == [(True, True), (True, False)]
    assert limits("global")[EXPRESSION]["limit"] == 30 * GB


@pytest.mark.parametrize("place", [RSE, EXPRESSION])
def test_somebody_without_the_right_is_refused_in_words_and_not_for_a_while(place: str) -> None:
    with pytest.raises(RemoteRefused) as refused:
        rucio.raise_account_limit(LAKE, token("member"), "outsider", place, 10**15)
    assert refused.value.code in ("AccessDenied", account_limits.NOT_CHECKED)


@pytest.mark.parametrize(
    ("account", "place", "limit"),
    [
        ("nobody-there", RSE, GB),
        ("outsider", "NO-SUCH-RSE", GB),
        ("outsider", "tier=1&(", GB),
        ("outsider", "a/b", GB),
        ("outsider", RSE, 0),
        ("outsider", RSE, -1),
        ("outsider", RSE, 2**63),
        ("../outsider", RSE, GB),
    ],
)
def test_odd_limits_are_refused(account: str, place: str, limit: int) -> None:
    with pytest.raises(RemoteRefused):
        rucio.raise_account_limit(LAKE, token("admin"), account, place, limit)
    assert limits("global") == {}  # of one that it could not read Rucio would not tell any more


def test_a_scope_is_made_once_and_belongs_to_one_account() -> None:
    scope = f"TEST_{uuid.uuid4().hex[:10]}_SP"
    assert rucio.add_scope(LAKE, token("admin"), "outsider", scope)
    assert not rucio.add_scope(LAKE, token("admin"), "outsider", scope)
    with pytest.raises(RemoteRefused, match="exists already"):
        rucio.add_scope(LAKE, token("admin"), "member", scope)
    with pytest.raises(RemoteRefused) as refused:
        rucio.add_scope(LAKE, token("member"), "member", f"{scope}2"[:25])
    assert refused.value.code == "AccessDenied"
    with pytest.raises(RemoteRefused):
        rucio.add_scope(LAKE, token("admin"), "outsider", "s" * 26)


def test_a_rule_for_somebody_else_is_made_once_and_does_not_use_their_quota() -> None:
    file, spec = upload("member", KM3NET, b"wanted elsewhere"), rucio.RuleSpec(RSE, lifetime=3600, ask_approval=True)
    first = rucio.ensure_rule(LAKE, token("admin"), KM3NET, file, spec, account="outsider")
    again = rucio.ensure_rule(LAKE, token("admin"), KM3NET, file, spec, account="outsider")
    assert (again.id, again.existed) == (first.id, True)
    assert rucio.get_rule(LAKE, token("outsider"), first.id).account == "outsider"
    assert rucio.approve_rule(LAKE, token("admin"), first.id)
    with pytest.raises(RemoteRefused) as refused:
        rucio.ensure_rule(LAKE, token("member"), KM3NET, file, spec, account="lead")
    assert (refused.value.code, refused.value.status) == ("AccessDenied", 403)
