"""The portal's own account at a lake, with the stack's IAM and Rucio; and who may see which scopes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from datalake import rucio
from datalake.reads import scopes, service_account
from datalake.reads.scopes import Visitor, is_public, may_see, visible
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind, service

MEMBER = Visitor(has_account=True, groups=frozenset({"escape", "escape/km3net"}))


@pytest.fixture
def lake() -> Service:
    service_account._held.clear()
    return service(ServiceKind.RUCIO, "escape")


@pytest.mark.integration("iam", "rucio")
def test_the_lake_knows_the_portal_by_an_account_of_its_own(lake: Service) -> None:
    assert rucio.whoami(lake, service_account.token(lake)) == "vre-portal"


@pytest.mark.integration("iam")
def test_a_token_is_kept_while_it_is_good_and_asked_for_again_before_it_ends(lake: Service) -> None:
    first = service_account.token(lake)
    assert service_account.token(lake) == first
    held = service_account._held[lake.name, ""]
    service_account._held[lake.name, ""] = replace(held, expires_at=timezone.now() + timedelta(seconds=30))
    second = service_account.token(lake)
    assert second != first
    service_account.forget(lake)
    assert service_account.token(lake) != second


@pytest.mark.parametrize("options", [{}, {"service_account": {"client_id": ""}}, {"service_account": {"client_id": "x", "iam": "nowhere"}}])
def test_a_lake_without_an_account_for_the_portal_says_so(lake: Service, options: dict[str, Any]) -> None:
    with pytest.raises(service_account.NoServiceAccount, match="Demonstration Data Lake"):
        service_account.token(replace(lake, options=options))


def test_the_demonstration_shows_its_projects_to_everybody_and_peoples_scopes_to_nobody(lake: Service) -> None:
    assert [is_public(lake, name) for name in ("KM3NET_ECAP_SP", "MAGIC_IFAE_SP", "user.lead", "")] == [True, True, False, False]


def test_scopes_are_for_those_with_an_account_and_restricted_ones_for_their_groups(lake: Service) -> None:
    options = {"public_scopes": ["OPEN", "BOTH"], "restricted_scopes": {"SECRET_*": ["escape/km3net"], "BOTH": []}}
    lake = replace(lake, options=options)
    everything = ["OPEN", "BOTH", "user.lead", "SECRET_A"]
    assert visible(lake, everything, Visitor()) == ["OPEN"]
    assert visible(lake, everything, Visitor(has_account=True)) == ["OPEN", "user.lead"]
    assert visible(lake, everything, MEMBER) == ["OPEN", "user.lead", "SECRET_A"]
    assert not may_see(replace(lake, options={"restricted_scopes": ["user.*"]}), "user.lead", MEMBER)
    assert not scopes.is_public(lake, "BOTH")


def test_a_token_at_hand_does_not_wait_while_another_is_asked_for(lake: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand = Tokens("at hand", "", "", "openid", timezone.now() + timedelta(hours=1))
    service_account._held[lake.name, ""] = at_hand
    is_asking, go_on = Event(), Event()

    def slow(*_: object) -> Tokens:
        is_asking.set()
        go_on.wait(20)
        return replace(at_hand, access="new")

    monkeypatch.setattr(service_account, "_ask", slow)
    with ThreadPoolExecutor() as threads:
        new = threads.submit(service_account.bytes_token, lake, "KM3NET_ECAP_SP")
        try:
            assert is_asking.wait(5)
            assert threads.submit(service_account.token, lake).result(timeout=3) == "at hand"
        finally:
            go_on.set()
        assert new.result(timeout=5) == "new"
    service_account._held.clear()
