"""Who may see which scopes where several rules meet, and what is left of a list of things in them."""

from dataclasses import dataclass, replace

import pytest

from datalake.reads.scopes import Restricted, Visitor, filter_visible, is_public, may_see, require_scope_access
from datalake.rucio.types import ListingPage
from vre_portal.services import Service, ServiceKind, service


@dataclass(frozen=True)
class Thing:
    """What a lake tells of, in a scope."""

    scope: str


@pytest.fixture
def lake() -> Service:
    """Scopes that begin with S are for one group, those that end with T for another; one is named public as well."""
    options = {"public_scopes": ["OPEN", "S_AND_OPEN"], "restricted_scopes": {"S_*": ["escape/one"], "*_T": ["escape/two", "escape/three"]}}
    return replace(service(ServiceKind.RUCIO, "escape"), options=options)


def somebody(*groups: str) -> Visitor:
    return Visitor(has_account=True, groups=frozenset(groups))


def test_who_reads_a_scope_has_a_group_of_each_restriction_on_it(lake: Service) -> None:
    assert may_see(lake, "S_A", somebody("escape/one"))
    assert may_see(lake, "A_T", somebody("escape/three"))
    assert may_see(lake, "S_T", somebody("escape/one", "escape/two"))
    for groups in (("escape/one",), ("escape/two", "escape/three"), ("escape",), ()):
        assert not may_see(lake, "S_T", somebody(*groups))
        with pytest.raises(Restricted):
            require_scope_access(lake, "S_T", groups)


def test_a_restriction_counts_before_the_list_of_public_scopes(lake: Service) -> None:
    assert is_public(lake, "OPEN")
    assert not is_public(lake, "S_AND_OPEN")
    assert not may_see(lake, "S_AND_OPEN", Visitor())
    assert not may_see(lake, "S_AND_OPEN", somebody("escape/two"))


def test_groups_open_nothing_to_somebody_without_an_account(lake: Service) -> None:
    assert not may_see(lake, "S_A", Visitor(groups=frozenset({"escape/one"})))


def test_a_list_is_left_without_what_is_in_closed_scopes_and_one_such_thing_is_refused(lake: Service) -> None:
    things = [Thing("OPEN"), Thing("S_A"), Thing("user.ada"), Thing("A_T"), Thing("S_A")]
    seen = [Thing("OPEN"), Thing("user.ada"), Thing("A_T")]
    assert filter_visible(lake, things, somebody("escape/two")) == seen
    assert filter_visible(lake, ListingPage(tuple(things), more=True), somebody("escape/two")) == ListingPage(tuple(seen), more=True)
    assert filter_visible(lake, Thing("A_T"), somebody("escape/two")) == Thing("A_T")
    with pytest.raises(Restricted):
        filter_visible(lake, Thing("S_A"), somebody("escape/two"))
