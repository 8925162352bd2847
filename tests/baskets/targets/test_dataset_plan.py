"""What goes into a dataset, and what stays out: nothing that fewer people may see, and nothing that is gone."""

from dataclasses import replace

import pytest
from django.utils import timezone

from datalake.index.did_facts import DidFacts
from projects.baskets.targets.collected import Collected, CollectedItem
from projects.baskets.targets.dataset_plan import Plan, plan
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, service

LIMITS = {
    "public_scopes": ["OPEN"],
    "restricted_scopes": {"A": ["group/a"], "AB": ["group/a", "group/b"], "NOBODY": []},
}


@pytest.fixture
def lake() -> Service:
    return replace(service(ServiceKind.RUCIO, "escape"), options=LIMITS)


def data(scope: str, name: str = "file", **facts: object) -> CollectedItem:
    known = replace(DidFacts(timezone.now(), "FILE", 7), **facts)  # type: ignore[arg-type]
    return CollectedItem("did", f"escape:{scope}:{name}", f"{scope}:{name}", "https://vre.example/x", "File", facts=known)


def planned(lake: Service, scope: str, *items: CollectedItem) -> Plan:
    return plan(Collected("Paper", "https://vre.example/", User(), items), lake, scope)


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        ("OPEN", {"OPEN"}),
        ("PLAIN", {"OPEN", "PLAIN"}),
        ("AB", {"OPEN", "PLAIN", "AB"}),
        ("A", {"OPEN", "PLAIN", "AB", "A"}),  # whoever is in group a may see what is for a or b
        ("NOBODY", {"OPEN", "PLAIN", "AB", "A", "NOBODY"}),
    ],
)
def test_a_dataset_holds_nothing_that_fewer_may_see(lake: Service, scope: str, inside: set[str]) -> None:
    found = planned(lake, scope, *(data(name) for name in ("OPEN", "PLAIN", "AB", "A", "NOBODY")))
    assert {row.did.scope for row in found.data} == inside
    said = [row for row in found.left_out if "Fewer people may see these" in str(row.reason)]
    assert sum(row.count for row in said) == 5 - len(inside)


def test_what_the_lake_has_not_any_more_stays_out(lake: Service) -> None:
    found = planned(lake, "OPEN", data("OPEN"), data("OPEN", "gone", type="", missing_at=timezone.now()))
    assert [row.did.name for row in found.data] == ["file"]
    assert ["does not have these any more" in str(row.reason) for row in found.left_out] == [True]


def test_other_contents_have_another_digest(lake: Service) -> None:
    first, second = data("OPEN"), data("OPEN", "second")
    assert planned(lake, "OPEN", first).digest == planned(lake, "PLAIN", first).digest
    assert planned(lake, "OPEN", first).digest != planned(lake, "OPEN", first, second).digest
